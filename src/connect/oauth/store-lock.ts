import { sleep } from '../../base/abort.ts';
import { HostError } from '../../base/errors.ts';

/** How often a lock that another process holds is asked for, ms. */
const POLL_MS = 20;

/**
 * Holds a lock against all processes of this machine until it is disposed of. It is the kernel's own lock on a file, taken through SQLite because Node has no
 * way to it: it is gone with the process that held it, however that ended, so that there is no stale lock and nothing to guess. The file stays, empty.
 * Rejects with the signal's reason, and with a HostError where the file cannot be used.
 */
export async function lockFile(path: string, signal: AbortSignal): Promise<Disposable> {
  const { default: Database } = await import('libsql');
  for (;;) {
    signal.throwIfAborted();
    let isBusy: boolean;
    try {
      const database = new Database(path, { timeout: 0 });
      try {
        database.exec('BEGIN EXCLUSIVE');
        return { [Symbol.dispose]: () => database.close() };
      } catch (reason) {
        database.close();
        throw reason;
      }
    } catch (reason) {
      isBusy = codeOf(reason).startsWith('SQLITE_BUSY');
      if (!isBusy) {
        const message = `${path} cannot be locked (${codeOf(reason)}): remove it, or what is in its way`;
        throw new HostError('config', message, { cause: reason });
      }
    }
    await sleep(POLL_MS, signal);
  }
}

function codeOf(reason: unknown): string {
  return reason instanceof Error && 'code' in reason ? String(reason.code) : 'unknown error';
}
