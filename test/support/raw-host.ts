import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { openHost, type Host, type HostEvent, type HostOptions } from '../../src/index.ts';
import { SERVERS } from './connections.ts';
import { livingProcesses, MARKER } from './leaks.ts';

/** The tools of `servers/raw.mjs` that a test wants listed; reads unless their annotations say otherwise. */
export function rawTools(...tools: readonly (string | object)[]): readonly object[] {
  return tools.map((tool) =>
    typeof tool === 'string' ? { name: tool, inputSchema: { type: 'object' } } : tool,
  );
}

/** A config entry for `servers/raw.mjs` in one of its modes. */
export function rawEntry(mode: string, options: object = {}, more: object = {}): object {
  return {
    command: process.execPath,
    args: [join(SERVERS, 'raw.mjs'), mode, JSON.stringify(options)],
    ...more,
  };
}

/** A host over real processes, with what it told, and the processes told from all others. */
export interface RawHost extends AsyncDisposable {
  readonly host: Host;
  readonly events: HostEvent[];
  /** The server processes that live now. */
  readonly processes: () => readonly number[];
}

/** Opens a host over entries of `rawEntry`. Disposing of it closes the host and fails when a process is left. */
export async function rawHost(
  entries: Readonly<Record<string, object>>,
  more: { readonly config?: object; readonly options?: HostOptions } = {},
): Promise<RawHost> {
  const marker = randomUUID();
  const mcpServers = Object.fromEntries(
    Object.entries(entries).map(([name, entry]) => [name, { env: { [MARKER]: marker }, ...entry }]),
  );
  const events: HostEvent[] = [];
  const host = await openHost(
    { mcpServers, ...more.config },
    { ...more.options, onEvent: (event) => events.push(event) },
  );
  const processes = (): readonly number[] => livingProcesses(marker);
  return {
    host,
    events,
    processes,
    [Symbol.asyncDispose]: async () => {
      await host.close();
      const left = processes();
      if (left.length > 0) throw new Error(`processes left after close: ${left.join(', ')}`);
    },
  };
}

/** The text of a record's outcome: the server's own, or the error's. */
export function textOf(outcome: { readonly kind: string }): string {
  if ('content' in outcome && Array.isArray(outcome.content)) {
    return outcome.content
      .map((block: { readonly text?: unknown }) => String(block.text))
      .join('\n');
  }
  return 'message' in outcome ? String(outcome.message) : '';
}
