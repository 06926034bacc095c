import type { ServerNotice } from '../call/events.ts';
import type { ServerId } from '../call/names.ts';
import type { Notify } from './wire-transport.ts';

const MAX_NOTICES = 50;

/** Tells each thing about a server once, however often it is restarted, and not more things than anybody reads. `redact` takes secrets out: a notice may quote anything. */
export function tellOnce(
  server: ServerId,
  emit: (notice: ServerNotice) => void,
  redact = (text: string): string => text,
): Notify {
  const told = new Set<string>();
  return (code, message) => {
    if (told.has(code) || told.size > MAX_NOTICES) return;
    told.add(code);
    const isLast = told.size > MAX_NOTICES;
    const text = isLast
      ? `there is more to say about server "${server}", which is left out`
      : `server "${server}": ${redact(message)}`;
    const [kind = code] = code.split(':', 1);
    emit({ kind: 'server-notice', server, code: isLast ? 'more-notices' : kind, message: text });
  };
}
