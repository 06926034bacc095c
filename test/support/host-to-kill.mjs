// A host that is to be killed while its server runs: `node host-to-kill.mjs MARKER MODE`. Runs on the built code. Prints what its watchdog's process id is.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openHost } from '../../dist/src/index.js';

const server = fileURLToPath(new URL('./servers/raw.mjs', import.meta.url));
const [marker, ...modes] = process.argv.slice(2);
const host = await openHost({
  mcpServers: Object.fromEntries(
    modes.map((mode) => [
      mode,
      { command: process.execPath, args: [server, mode], env: { MCP_FANOUT_TEST: marker } },
    ]),
  ),
});
const states = host.servers().map(({ state }) => state.kind);
const children = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], {
  encoding: 'utf8',
});
const watchdog = children.split('\n').find((line) => line.includes('function guard'));
process.stdout.write(
  `${JSON.stringify({ states, watchdog: Number.parseInt(watchdog ?? '0', 10) })}\n`,
);
process.stdin.once('data', () => {
  void host.close().then(() => process.stdout.write('closed\n'));
});
