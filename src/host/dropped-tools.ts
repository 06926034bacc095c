import type { ServerNotice } from '../call/events.ts';
import type { ServerId } from '../call/names.ts';
import type { OnDropped } from '../catalogue/catalogue.ts';
import { tellOnce } from '../connect/notices.ts';
import type { Notify } from '../connect/wire-transport.ts';

/** Tells once of each tool that is left out, and for which reason: a remembered list, the live one and every merge find the same. */
export function tellDropped(emit: (notice: ServerNotice) => void): OnDropped {
  const notices = new Map<ServerId, Notify>();
  return (server, tool, reason) => {
    const notify = notices.get(server) ?? tellOnce(server, emit);
    notices.set(server, notify);
    notify(`tool-dropped:${tool}:${reason}`, `tool ${JSON.stringify(tool)} is left out: ${reason}`);
  };
}
