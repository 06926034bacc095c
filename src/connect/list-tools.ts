import type { Client } from '@modelcontextprotocol/client';
import { HostError } from '../base/errors.ts';
import { isJsonObject } from '../base/json.ts';
import { visibleLine } from '../base/visible.ts';
import type { ServerId } from '../call/names.ts';
import type { ListLane } from './list-lane.ts';
import type { RawTool } from './raw-tool.ts';
import { NO_TIMEOUT_MS, PASS_THROUGH } from './sdk-request.ts';
import type { Notify } from './wire-transport.ts';

const MAX_PAGES = 100;
const MAX_TOOLS = 10_000;
/** Of all pages together, as JSON. */
const MAX_LIST_CHARS = 64 * 1_024 * 1_024;

export interface ListOptions {
  readonly server: ServerId;
  readonly notify: Notify;
  /** Absent where everything goes by the SDK's client. */
  readonly lane: ListLane | undefined;
  readonly signal: AbortSignal;
}

/**
 * All pages of a server's tools, in its order; empty for a server without tools. A list that does not end, or that repeats itself, is cut with a notice.
 * Throws what the request failed with.
 */
export async function listTools(client: Client, options: ListOptions): Promise<readonly RawTool[]> {
  if (client.getServerCapabilities()?.tools === undefined) return [];
  const tools = new Map<string, RawTool>();
  const cursors = new Set<string>();
  let chars = 0;
  for (let cursor: string | undefined; ;) {
    const page = await listPage(client, cursor, options);
    for (const tool of page.tools) addTool(tools, tool, options.notify);
    cursor = page.nextCursor;
    // One page is within the size of a message: only several need to be measured.
    if (cursor !== undefined) chars += JSON.stringify(page.tools).length;
    const cut = whyCut({ cursor, cursors, tools: tools.size, chars });
    if (cut !== undefined) {
      const used = [...tools.values()].slice(0, MAX_TOOLS);
      options.notify('tool-list-cut', `its list of tools ${cut}: ${used.length} of them are used`);
      return used;
    }
    if (cursor === undefined) return [...tools.values()];
    cursors.add(cursor);
  }
}

interface Page {
  /** Each checked as it came in. */
  readonly tools: readonly RawTool[];
  readonly nextCursor: string | undefined;
}

async function listPage(
  client: Client,
  cursor: string | undefined,
  options: ListOptions,
): Promise<Page> {
  const { lane, signal } = options;
  const params = cursor === undefined ? {} : { cursor };
  const byLane = lane?.canAsk === true && client.getProtocolEra() === 'legacy';
  const result = byLane
    ? await lane.ask(params, signal)
    : await client.request({ method: 'tools/list', params }, PASS_THROUGH, {
        signal,
        timeout: NO_TIMEOUT_MS,
      });
  if (!isJsonObject(result) || !Array.isArray(result['tools'])) {
    throw new HostError(
      'protocol',
      `server "${options.server}" answered tools/list with something that holds no list of tools`,
    );
  }
  const { nextCursor } = result;
  return {
    tools: result['tools'] as readonly RawTool[],
    nextCursor: typeof nextCursor === 'string' ? nextCursor : undefined,
  };
}

function addTool(tools: Map<string, RawTool>, tool: RawTool, notify: Notify): void {
  if (!tools.has(tool.name)) {
    tools.set(tool.name, tool);
    return;
  }
  const name = visibleLine(tool.name, 60);
  notify(
    `tool-duplicate:${name}`,
    `it lists the tool ${name} more than once: the first one is used`,
  );
}

function whyCut(list: {
  readonly cursor: string | undefined;
  readonly cursors: ReadonlySet<string>;
  readonly tools: number;
  readonly chars: number;
}): string | undefined {
  const { cursor, cursors, tools, chars } = list;
  if (tools > MAX_TOOLS) return `has more than ${MAX_TOOLS} tools`;
  if (cursor === undefined) return undefined;
  if (cursors.has(cursor)) return `comes back to the cursor "${visibleLine(cursor, 60)}" for ever`;
  if (cursors.size + 1 >= MAX_PAGES) return `has more than ${MAX_PAGES} pages`;
  return chars > MAX_LIST_CHARS ? `is larger than ${MAX_LIST_CHARS / 1_048_576} MiB` : undefined;
}
