import { visibleLine } from '../base/visible.ts';
import type { ServerState } from '../call/events.ts';
import type { Tool } from '../call/tool.ts';
import { searchTools } from '../catalogue/search.ts';
import type { ServerStatus } from '../host/host.ts';
import { applyOptions } from '../host/host-options.ts';
import { restartWords } from '../record/state-words.ts';
import { chooseConfig } from './choose-config.ts';
import type { CommonFlags, Context } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { assertReached, tellUnmatched, waitForServers, withHost } from './session.ts';
import { toolTable } from './tool-table.ts';

/** Endpoints take no more functions than this. Source: OpenAI API reference, `tools`. */
const MAX_TOOLS = 128;
/** So many are shown with what they take, without having been asked for. */
const FEW_TOOLS = 5;

/** `tools`: the combined catalogue, ranked, and with what each tool takes, when there is a query. Resolves to the exit code. */
export async function tools(
  context: Context,
  query: string | undefined,
  flags: CommonFlags,
): Promise<number> {
  const { terminal, interrupt } = context;
  const servers = flags.server === undefined ? {} : { servers: flags.server };
  const config = applyOptions(await chooseConfig(context), servers);
  return withHost(
    context,
    { config, options: { tellFailures: false } },
    async ({ host, reached, redact }) => {
      await waitForServers(context, host);
      const all = host.tools();
      const found = query === undefined ? all : searchTools(all, query).map(({ tool }) => tool);
      if (flags.json === true) {
        const servers = redact(host.servers().map(serverJson));
        terminal.json({ tools: found.map(toolJson), servers });
      } else {
        const parameters = query !== undefined || found.length <= FEW_TOOLS;
        const look = { width: terminal.outColumns, paint: terminal.out, parameters };
        terminal.result(toolTable(found, look));
        tellMissing(context, host.servers());
        tellUnmatched(context, host, flags);
        if (query !== undefined && found.length === 0 && all.length > 0) {
          terminal.note(
            `none of the ${String(all.length)} tools fits ${JSON.stringify(visibleLine(query))}`,
          );
        }
      }
      if (all.length > MAX_TOOLS) {
        terminal.note(
          `${terminal.err.warn('!')} ${String(all.length)} tools: most model endpoints take at most ${String(MAX_TOOLS)}; leave some out with "tools": {"exclude": […]}, or use --server`,
        );
      }
      if (interrupt.happened) return EXIT.interrupted;
      assertReached(host, reached());
      return EXIT.done;
    },
  );
}

function toolJson(tool: Tool): object {
  return {
    name: tool.exposed,
    server: tool.server,
    tool: tool.name,
    access: tool.access,
    accessRule: tool.accessRule,
    declared: { readOnly: tool.declaredReadOnly, idempotent: tool.declaredIdempotent },
    title: tool.title,
    description: tool.description,
    inputSchema: tool.inputSchema,
    ...(tool.outputSchema === undefined ? {} : { outputSchema: tool.outputSchema }),
  };
}

function serverJson({ id, state }: ServerStatus): object {
  const reason = reasonOf(state);
  return { name: id, state: state.kind, ...(reason === undefined ? {} : { reason }) };
}

function reasonOf(state: ServerState): string | undefined {
  return 'reason' in state ? state.reason : undefined;
}

/** One line at the end, where it is seen: each server's reason was told when it was known. */
function tellMissing({ terminal }: Context, servers: readonly ServerStatus[]): void {
  for (const { id, state } of servers) {
    if (state.kind !== 'backing-off') continue;
    // Its tools are in the list: calls wait for it.
    const name = visibleLine(id, 64);
    terminal.note(`${terminal.err.warn('!')} ${name} ${restartWords(state)}; its tools are listed`);
  }
  const present = new Set(['ready', 'disabled', 'backing-off']);
  const missing = servers.filter(({ state }) => !present.has(state.kind));
  if (missing.length === 0) return;
  const names = missing.map(({ id, state }) => `${visibleLine(id, 64)} (${state.kind})`);
  terminal.note(
    `${terminal.err.warn('!')} tools of ${String(missing.length)} of ${String(servers.length)} servers are missing: ${names.join(', ')}`,
  );
}
