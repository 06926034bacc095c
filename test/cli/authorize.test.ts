import { expect, test } from 'vitest';
import { authorizeOnTerminal } from '../../src/cli/authorize.ts';
import type { Context } from '../../src/cli/context.ts';
import { Interrupt } from '../../src/cli/interrupt.ts';
import { Terminal } from '../../src/cli/terminal.ts';
import { serverId } from '../../src/call/names.ts';
import { AuthorizationServer } from '../support/authorization-server.ts';
import { ProtectedServer } from '../support/protected-server.ts';
import { FakeKeyboard, FakePipe, FakeTerminal } from './fake-terminal.ts';
import { Workplace } from './workplace.ts';

function contextOn(streams: FakeTerminal['streams'], stdin: FakeKeyboard): Context {
  const terminal = new Terminal({ ...streams, env: {}, color: false });
  const interrupt = new Interrupt(terminal);
  interrupt[Symbol.dispose]();
  return {
    terminal,
    interrupt,
    stdin: stdin as unknown as NodeJS.ReadStream,
    env: {},
    flags: { logLevel: 'warn', color: false },
  };
}

test('the address is shown whole, however long, on a line of its own', async () => {
  const screen = new FakeTerminal({ columns: 5_000 });
  const authorize = authorizeOnTerminal(contextOn(screen.streams, new FakeKeyboard()));
  const url = `https://auth.example/authorize?state=${'s'.repeat(3_000)}`;
  await authorize?.({ server: serverId('docs\u001B[2J'), url }, new AbortController().signal);
  expect(screen.screen).toContain(url);
  expect(screen.screen.join('\n')).toContain('docs\\x1b[2J wants you to allow the access to it.');
});

test('nobody is asked where nobody would see it', () => {
  const pipe = new FakePipe();
  const streams = { stdout: pipe, stderr: pipe };
  expect(authorizeOnTerminal(contextOn(streams, new FakeKeyboard()))).toBeUndefined();
});

test('doctor, off a terminal, names the command that authorises', async () => {
  await using issuer = await AuthorizationServer.start();
  await using server = await ProtectedServer.start({ authorizedBy: issuer });
  await using place = new Workplace();
  const { code, stdout } = await place
    .config({ docs: { url: server.url } })
    .run(['doctor', '--json']);
  const report = JSON.parse(stdout) as {
    servers: { problems: { what: string; mend: string }[] }[];
  };
  const [problem] = report.servers[0]?.problems ?? [];
  expect(problem?.what).toContain('wants a person to allow the access (OAuth)');
  expect(problem?.mend).toContain('on a terminal, mcp-fanout doctor --server docs asks for it');
  expect(code).toBe(3);
});
