import { visibleLine } from '../base/visible.ts';
import type { Authorize } from '../connect/oauth/ask-person.ts';
import { browserOpener, startOpener } from './open-browser.ts';
import { canAsk, type Context } from './context.ts';

/**
 * Tells the person on the terminal where to allow the access to a server, and opens it where there is a desktop. `undefined` where nobody would see it. The address
 * is shown whole, on a line of its own, so that it can be copied.
 */
export function authorizeOnTerminal(context: Context): Authorize | undefined {
  if (!canAsk(context)) return undefined;
  const { terminal, env } = context;
  return async ({ server, url }) => {
    const opener = browserOpener(url, { platform: process.platform, env });
    const isOpened = opener !== undefined && (await startOpener(opener));
    const name = terminal.err.strong(visibleLine(server, 64));
    const what = isOpened
      ? 'Your browser is being opened at'
      : 'Open this in a browser of this machine:';
    terminal.note(`\n${name} wants you to allow the access to it. ${what}\n${url}\n`);
  };
}
