import { visibleLine } from '../base/visible.ts';
import type { ServerState } from '../call/events.ts';
import type { Tool } from '../call/tool.ts';
import type { ServerStatus } from '../host/host.ts';
import { applyOptions } from '../host/host-options.ts';
import { restartWords } from '../record/state-words.ts';
import { chooseConfig } from './choose-config.ts';
import type { CommonFlags, Context } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { assertReached, isRemembered, tellUnmatched, waitForServers, withHost } from './session.ts';
import { startingAll } from './starting-all.ts';

/** Endpoints take no more functions than this. Source: OpenAI API reference, `tools`. */
const MAX_TOOLS = 128;
/** So many are shown with what they take, without having been asked for. */
const FEW_TOOLS = 5;

export interface ToolsFlags extends CommonFlags {
  /** Asks every server, though its tools are remembered. */
  readonly live?: boolean;
}

/** `tools`: the combined catalogue, ranked, and with what each tool takes, when there is a query. Resolves to the exit code. */
export async function tools(
  context: Context,
  query: string | undefined,
  flags: ToolsFlags,
): Promise<number> {
  const { terminal, interrupt } = context;
  const servers = flags.server === undefined ? {} : { servers: flags.server };
  const chosen = applyOptions(await chooseConfig(context), servers);
  const config = flags.live === true ? startingAll(chosen) : chosen;
  return withHost(
    context,
    { config, options: { tellFailures: false } },
    async ({ host, reached, redact }) => {
      // What measures columns takes a while to load: while the servers start. For JSON it is not needed.
      const table = flags.json === true ? undefined : import('./tool-table.ts');
      await waitForServers(context, host);
      const all = host.tools();
      const found = query === undefined ? all : await ranked(all, query);
      if (table === undefined) {
        const servers = redact(host.servers().map(serverJson));
        terminal.json({ tools: found.map(toolJson), servers });
      } else {
        const parameters = query !== undefined || found.length <= FEW_TOOLS;
        const look = { width: terminal.outColumns, paint: terminal.out, parameters };
        terminal.result((await table).toolTable(found, look));
        tellMissing(context, host.servers());
        tellRemembered(context, host.servers());
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
      assertReached(host, reached() || host.servers().some(isRemembered));
      return EXIT.done;
    },
  );
}

async function ranked(all: readonly Tool[], query: string): Promise<readonly Tool[]> {
  const { searchTools } = await import('../catalogue/search.ts');
  return searchTools(all, query).map(({ tool }) => tool);
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

function serverJson({ id, state, rememberedAt }: ServerStatus): object {
  const reason = reasonOf(state);
  return {
    name: id,
    state: state.kind,
    ...(reason === undefined ? {} : { reason }),
    ...(rememberedAt === undefined ? {} : { remembered: new Date(rememberedAt).toISOString() }),
  };
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
  const missing = servers.filter(
    (status) => !present.has(status.state.kind) && !isRemembered(status),
  );
  if (missing.length === 0) return;
  const names = missing.map(({ id, state }) => `${visibleLine(id, 64)} (${state.kind})`);
  terminal.note(
    `${terminal.err.warn('!')} tools of ${String(missing.length)} of ${String(servers.length)} servers are missing: ${names.join(', ')}`,
  );
}

/** What is not asked anew may have changed. */
function tellRemembered({ terminal }: Context, servers: readonly ServerStatus[]): void {
  const times = servers.flatMap(({ rememberedAt }) => rememberedAt ?? []);
  if (times.length === 0) return;
  const oldest = new Date(Math.min(...times)).toISOString().slice(0, 16).replace('T', ' ');
  const one = times.length === 1;
  terminal.note(
    `tools of ${String(times.length)} ${one ? 'server' : 'servers'} as remembered${one ? '' : ', at the earliest'} from ${oldest} UTC; --live asks ${one ? 'it' : 'them'} anew`,
  );
}
