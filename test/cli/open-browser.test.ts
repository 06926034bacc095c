import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { browserOpener, startOpener } from '../../src/cli/open-browser.ts';
import { eventually } from '../support/leaks.ts';

const URL_OF_EVIL = 'https://x.example/?a=1&b=$(touch pwned);\'`id`|"<>%PATH%';

test.each([
  ['darwin', {}, 'open'],
  ['win32', {}, 'rundll32.exe'],
  ['linux', { DISPLAY: ':0' }, 'xdg-open'],
  ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, 'xdg-open'],
] as const)(
  'on %s with %j a browser is opened by %s, with the address as one argument',
  (platform, env, command) => {
    const opener = browserOpener(URL_OF_EVIL, { platform, env });
    expect(opener?.[0]).toBe(command);
    expect(opener?.at(-1)).toBe(URL_OF_EVIL);
  },
);

test('without a desktop none is opened', () => {
  expect(browserOpener('https://x.example', { platform: 'linux', env: {} })).toBeUndefined();
});

test('what opens it is started without a shell, and not waited for', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fanout-opener-'));
  try {
    const opener = join(folder, 'opener');
    const seen = join(folder, 'seen');
    writeFileSync(
      opener,
      `#!/bin/sh\nprintf '%s\\n' "$#" "$1" "$$" > ${seen}.new\nmv ${seen}.new ${seen}\nexec sleep 600\n`,
    );
    chmodSync(opener, 0o755);
    expect(await startOpener([opener, URL_OF_EVIL])).toBe(true);
    await eventually('the opener', () => existsSync(seen));
    const [count, address, pid] = readFileSync(seen, 'utf8').trimEnd().split('\n');
    // It lives on until it is ended here.
    expect(process.kill(Number(pid), 'SIGKILL')).toBe(true);
    expect([count, address]).toEqual(['1', URL_OF_EVIL]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('one that is not there is no failure', async () => {
  expect(await startOpener(['no-such-opener-anywhere', 'https://x.example'])).toBe(false);
});
