import { spawn } from 'node:child_process';

type Env = Readonly<Record<string, string | undefined>>;

/** A program, and its arguments. */
export type Opener = readonly [command: string, ...args: string[]];

/**
 * What opens an address with the user's browser: never a shell, so that nothing in an address can be taken for a command. `undefined` where there is no desktop.
 */
export function browserOpener(
  url: string,
  { platform, env }: { readonly platform: NodeJS.Platform; readonly env: Env },
): Opener | undefined {
  if (platform === 'darwin') return ['open', url];
  if (platform === 'win32') return ['rundll32.exe', 'url.dll,FileProtocolHandler', url];
  const hasDesktop = Boolean(env['DISPLAY']) || Boolean(env['WAYLAND_DISPLAY']);
  return hasDesktop ? ['xdg-open', url] : undefined;
}

/** Starts an opener, and waits for none of it. Resolves to whether it could be started. */
export function startOpener([command, ...args]: Opener): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { shell: false, stdio: 'ignore', detached: true });
    child.once('error', () => {
      resolve(false);
    });
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
