import { visibleLine } from '../base/visible.ts';
import type { ServerState } from '../call/events.ts';
import type { Tool } from '../call/tool.ts';
import { searchTools } from '../catalogue/search.ts';
import type { ServerStatus } from '../host/host.ts';
import { applyOptions } from '../host/host-options.ts';
import { chooseConfig } from './choose-config.ts';
import type { CommonFlags, Context } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { assertReached, waitForServers, withHost } from './session.ts';
import { toolTable } from './tool-table.ts';

/** Endpoints take no more functions than this. Source: OpenAI API reference, `tools`. */
const MAX_TOOLS = 128;

/** `tools`: the combined catalogue, ranked when there is a query. Resolves to the exit code. */
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
    async ({ host, reached }) => {
      await waitForServers(context, host);
      const all = host.tools();
      const found = query === undefined ? all : searchTools(all, query).map(({ tool }) => tool);
      if (flags.json === true) {
        terminal.json({ tools: found.map(toolJson), servers: host.servers().map(serverJson) });
      } else {
        terminal.result(toolTable(found, { width: terminal.outColumns, paint: terminal.out }));
        tellMissing(context, host.servers());
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
  return state.kind === 'failed' || state.kind === 'disabled' ? state.reason : undefined;
}

/** One line at the end, where it is seen: each server's reason was told when it was known. */
function tellMissing({ terminal }: Context, servers: readonly ServerStatus[]): void {
  const missing = servers.filter(
    ({ state }) => state.kind !== 'ready' && state.kind !== 'disabled',
  );
  if (missing.length === 0) return;
  const names = missing.map(({ id, state }) => `${visibleLine(id, 64)} (${state.kind})`);
  terminal.note(
    `${terminal.err.warn('!')} tools of ${String(missing.length)} of ${String(servers.length)} servers are missing: ${names.join(', ')}`,
  );
}
