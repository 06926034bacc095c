import { join } from 'node:path';
import type { HostEvent } from '../call/events.ts';
import { baseDirectory } from '../config/find.ts';
import type { HostConfig } from '../config/host-config.ts';
import { ResultFolder } from '../record/result-folder.ts';
import { KeptResults } from './kept-results.ts';

export interface ResultPorts {
  readonly limits: HostConfig['limits'];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly emit: (event: HostEvent) => void;
}

/** Images, sounds and files that a model is shown of one batch, bytes, decoded: endpoints refuse requests that are much larger. */
const MAX_BATCH_DATA_BYTES = 16 * 1024 * 1024;

/**
 * Bounds the results of one run (`model`), or of a caller's own batches (`caller`: the size of a whole batch is then no matter), and keeps what is cut below
 * `$XDG_CACHE_HOME/mcp-fanout/results`.
 */
export function openResults(
  reader: 'model' | 'caller',
  { limits, env, emit }: ResultPorts,
): KeptResults {
  const folder = new ResultFolder({
    root: join(baseDirectory('XDG_CACHE_HOME', '.cache', { env }), 'mcp-fanout', 'results'),
    onWarning: (message) => {
      emit({ kind: 'host-notice', code: 'results-not-kept', message });
    },
  });
  const { maxResultBytes, maxBatchResultBytes } = limits;
  const isModel = reader === 'model';
  // What no share can hold need not be held until the shares are known.
  const bounds = {
    textBytes: isModel ? Math.min(maxResultBytes, maxBatchResultBytes) : maxResultBytes,
    dataBytes: isModel ? Math.min(maxResultBytes, MAX_BATCH_DATA_BYTES) : maxResultBytes,
    batchTextBytes: isModel ? maxBatchResultBytes : Infinity,
    batchDataBytes: isModel ? MAX_BATCH_DATA_BYTES : Infinity,
  };
  return new KeptResults(folder, bounds, { readable: isModel });
}
