import { expect, test } from 'vitest';
import { HttpFixture } from '../support/http-fixture.ts';
import { eventually } from '../support/leaks.ts';
import { rawEntry, rawHost, rawTools, textOf } from '../support/raw-host.ts';
import { verifies } from '../support/verifies.ts';

const tools = rawTools('crash', 'rpc-error');

/** What the outcome of a call says. */
async function told(entry: object, call: string, args: object = {}): Promise<string> {
  await using raw = await rawHost({ s: entry });
  const [record] = await raw.host.runBatch([{ name: `s__${call}`, arguments: { ...args } }]);
  return textOf(record?.outcome ?? { kind: '' });
}

verifies(
  'outcome:no-secrets',
  'what a dying server writes to stderr reaches the model without the secrets of its entry',
  async () => {
    // Its last words, as it happens.
    const env = { API_KEY: 'segmentation fault' };
    const text = await told(rawEntry('good', { tools }, { env }), 'crash');
    expect(text).toContain('went away: it exited with code 9. Its last words on stderr:');
    expect(text).toContain('[redacted]');
    expect(text).not.toContain('segmentation fault');
  },
);

verifies(
  'outcome:no-secrets',
  'nor does a refusal over HTTP that repeats what it was sent',
  async () => {
    await using server = await HttpFixture.start({
      tools: {
        crash: (exchange) => {
          exchange.raw(403, `no such token: ${String(exchange.request.headers['x-token'])}`);
        },
      },
    });
    const entry = { url: server.url, headers: { 'X-Token': 'tok-123456' } };
    const text = await told(entry, 'crash');
    expect(text).toContain('It said: no such token: [redacted]');
  },
);

verifies(
  'outcome:no-secrets',
  'nor does the reason for which a server cannot be used',
  async () => {
    const env = { DB_URL: 'cannot open the database' };
    await using raw = await rawHost({ s: rawEntry('exit-7', {}, { env }) });
    const [record] = await raw.host.runBatch([{ name: 's__crash' }]);
    const [status] = raw.host.servers();
    for (const text of [textOf(record?.outcome ?? { kind: '' }), JSON.stringify(status?.state)]) {
      expect(text).toContain('it exited with code 7. Its last words on stderr: [redacted]');
      expect(text).toContain('no such file');
    }
  },
);

verifies(
  'outcome:no-secrets',
  'nor do last words that are cut, or that tell a secret line by line',
  async () => {
    const KEY = 'MIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n';
    const TOKEN = 'sk-0123456789-0123456789-0123456789';
    const script = `console.error(process.env.KEY + 'x'.repeat(280) + process.env.TOKEN); process.exit(3)`;
    const entry = { command: process.execPath, args: ['-e', script], env: { KEY, TOKEN } };
    await using raw = await rawHost({ s: entry });
    const text = JSON.stringify(raw.host.servers()[0]?.state);
    expect(text).toMatch(/\[redacted\] ⏎ \[redacted\] ⏎ x{280}\[redacted\]…/u);
  },
);

verifies('outcome:no-secrets', 'nor does the notice of a list that was refused', async () => {
  let lists = 0;
  await using server = await HttpFixture.start({
    intercept: (exchange) => {
      const { id, method } = exchange.message;
      if (method !== 'tools/list') return false;
      lists += 1;
      if (lists > 1)
        exchange.raw(403, `no such token: ${String(exchange.request.headers['x-token'])}`);
      else {
        exchange.openStream();
        exchange.event({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
        exchange.event({ jsonrpc: '2.0', id: id ?? null, result: { tools: [] } });
        exchange.response.end();
      }
      return true;
    },
  });
  await using raw = await rawHost({ s: { url: server.url, headers: { 'X-Token': 'tok-123456' } } });
  const told = (): string =>
    JSON.stringify(raw.events.filter(({ kind }) => kind === 'server-notice'));
  await eventually('the notice', () => told().includes('relist-failed'));
  expect(told()).toContain('It said: no such token: [redacted]');
});

verifies(
  'outcome:no-secrets',
  'nor does a notice that quotes what came instead of messages',
  async () => {
    const script = `console.log('token is ' + process.env.TOKEN); process.exit(3)`;
    const env = { TOKEN: 'tok-123456' };
    await using raw = await rawHost({
      s: { command: process.execPath, args: ['-e', script], env },
    });
    const notice = raw.events.find(({ kind }) => kind === 'server-notice');
    expect(notice).toMatchObject({
      code: 'stdout-junk',
      message: expect.stringContaining('token is [redacted]') as string,
    });
  },
);

test('an address with a sign that encodes nothing costs no call its outcome', async () => {
  const env = { ...process.env, OPENAI_BASE_URL: 'https://me:100%secret@example.com/v1' };
  const entries = { s: rawEntry('good', { tools }), t: rawEntry('exit-7') };
  await using raw = await rawHost(entries, { options: { env } });
  const [record] = await raw.host.runBatch([{ name: 's__crash' }]);
  expect(textOf(record?.outcome ?? { kind: '' })).toContain('it exited with code 9');
});

test('what a server answers is handed on as it is', async () => {
  const env = { ROOT: '/srv/files' };
  const entry = rawEntry('good', { tools }, { env });
  const message = '/srv/files/a is not there';
  expect(await told(entry, 'rpc-error', { code: -32_000, message })).toContain(message);
});
