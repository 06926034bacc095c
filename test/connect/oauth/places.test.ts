import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { HostError } from '../../../src/base/errors.ts';
import { addressKind } from '../../../src/connect/oauth/address-kind.ts';
import { GuardedFetch, type GuardOptions } from '../../../src/connect/oauth/guarded-fetch.ts';
import { consent } from '../../support/authorization-server.ts';
import { verifies } from '../../support/verifies.ts';
import { Scene } from './scene.ts';

test.each([
  ['169.254.169.254', 'forbidden'],
  ['::ffff:169.254.169.254', 'forbidden'],
  ['::ffff:a9fe:a9fe', 'forbidden'],
  ['64:ff9b::a9fe:a9fe', 'forbidden'],
  ['2002:a9fe:a9fe::', 'forbidden'],
  ['fd00:ec2::254', 'forbidden'],
  ['100.100.100.200', 'forbidden'],
  ['fe80::1', 'forbidden'],
  ['0.0.0.0', 'forbidden'],
  ['::', 'forbidden'],
  ['255.255.255.255', 'forbidden'],
  ['127.0.0.1', 'loopback'],
  ['127.8.8.8', 'loopback'],
  ['::1', 'loopback'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['10.1.2.3', 'private'],
  ['172.31.0.1', 'private'],
  ['192.168.1.1', 'private'],
  ['100.64.0.1', 'private'],
  ['fd12::1', 'private'],
  ['64:ff9b::10.0.0.1', 'private'],
  ['172.32.0.1', 'public'],
  ['93.184.216.34', 'public'],
  ['2606:2800:220:1::1', 'public'],
  ['64:ff9b::8.8.8.8', 'public'],
  ['example.com', undefined],
])('%s is %s', (address, kind) => {
  expect(addressKind(address)).toBe(kind);
});

/** A server that must not be reached. */
class Recorder implements AsyncDisposable {
  connections = 0;
  readonly #server: Server = createServer((_, response) => {
    response.end('{}');
  });

  static async start(): Promise<Recorder> {
    const recorder = new Recorder();
    recorder.#server.on('connection', () => {
      recorder.connections += 1;
    });
    await new Promise<void>((resolve) => {
      recorder.#server.listen(0, '127.0.0.1', resolve);
    });
    return recorder;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }
}

type Lookup = NonNullable<GuardOptions['lookup']>;

/** A name server that answers with the next address each time, and goes on with the last. */
function nameServer(...answers: readonly string[]): Lookup {
  let asked = 0;
  const lookup = (
    _: string,
    __: object,
    callback: (error: null, found: object[]) => void,
  ): void => {
    const address = answers[Math.min(asked, answers.length - 1)] ?? '';
    asked += 1;
    callback(null, [{ address, family: address.includes(':') ? 6 : 4 }]);
  };
  return lookup as unknown as Lookup;
}

async function refusalOf(url: string, options: Partial<GuardOptions> = {}): Promise<string> {
  const server = new URL('https://mcp.example.com/mcp');
  const guard = new GuardedFetch({ server, issuer: undefined, ...options });
  try {
    await guard.fetch(url);
    return 'none';
  } catch (reason) {
    let cause = reason;
    while (cause instanceof Error && !(cause instanceof HostError)) cause = cause.cause;
    return cause instanceof HostError ? cause.message : `another: ${String(reason)}`;
  } finally {
    await guard.close();
  }
}

describe('a server that sends us elsewhere', () => {
  verifies('oauth:right-place', 'no spelling of a metadata address is dialled', async () => {
    const hosts = [
      '169.254.169.254',
      '[::ffff:169.254.169.254]',
      '[::ffff:a9fe:a9fe]',
      '2852039166',
      '0xa9fea9fe',
      '0251.0376.0251.0376',
      '169.254.43518',
    ];
    for (const host of hosts) {
      // Not even when the config names it.
      const issuer = new URL(`http://${host}/`);
      expect(await refusalOf(`http://${host}/latest`)).toContain('was not connected to');
      expect(await refusalOf(`http://${host}/latest`, { issuer })).toContain('metadata');
    }
  });

  verifies('oauth:right-place', 'a name is judged by the address that is dialled', async () => {
    await using recorder = await Recorder.start();
    for (const address of ['169.254.169.254', '127.0.0.1', '10.0.0.1', '::1', '::ffff:127.0.0.1']) {
      const lookup = nameServer(address);
      const refusal = await refusalOf(`http://auth.example.com:${recorder.port}/`, { lookup });
      expect(refusal).toContain(`(${address}, `);
    }
    expect(recorder.connections).toBe(0);
  });

  verifies('oauth:right-place', 'a name whose address changes is judged anew', async () => {
    await using recorder = await Recorder.start();
    // Named by the config, so that the first answer is allowed.
    const url = new URL(`http://auth.example.com:${recorder.port}/`);
    const lookup = nameServer('127.0.0.1', '169.254.169.254');
    const guard = new GuardedFetch({ server: url, issuer: undefined, lookup });
    expect((await guard.fetch(url, { headers: { connection: 'close' } })).status).toBe(200);
    await expect(guard.fetch(url)).rejects.toThrow(TypeError);
    await guard.close();
    expect(recorder.connections).toBe(1);
  });

  test('may be on this machine if the server is, or the config names the issuer', async () => {
    await using recorder = await Recorder.start();
    const url = `http://127.0.0.1:${recorder.port}/`;
    expect(await refusalOf(url)).toContain('"oauth": {"issuer"');
    expect(await refusalOf(url, { server: new URL('http://192.168.1.1/') })).not.toBe('none');
    expect(recorder.connections).toBe(0);
    expect(await refusalOf(url, { issuer: new URL(url) })).toBe('none');
    expect(await refusalOf(url, { server: new URL('http://localhost:1/mcp') })).toBe('none');
  });

  test('is not followed by redirects', async () => {
    await using recorder = await Recorder.start();
    const redirecting = createServer((_, response) => {
      response.writeHead(302, { location: `http://127.0.0.1:${recorder.port}/` }).end();
    });
    await new Promise<void>((resolve) => {
      redirecting.listen(0, '127.0.0.1', resolve);
    });
    const { port } = redirecting.address() as AddressInfo;
    const server = new URL(`http://127.0.0.1:${port}/`);
    const guard = new GuardedFetch({ server, issuer: undefined });
    expect((await guard.fetch(server)).status).toBe(302);
    await guard.close();
    redirecting.close();
    expect(recorder.connections).toBe(0);
  });

  test('is told of with the whole chain: 401, metadata elsewhere, nothing dialled', async () => {
    await using scene = await Scene.open({
      server: {
        challenge: () => 'Bearer resource_metadata="http://[::ffff:169.254.169.254]/latest"',
      },
    });
    await using server = scene.connect({ authorize: consent });
    const reason = await server.failure();
    expect(reason).toContain('was not connected to');
    expect(scene.issuer.seen).toEqual([]);
  });
});

describe('an authorization endpoint', () => {
  test.each([
    ['javascript:alert(1)'],
    ['file:///etc/passwd'],
    ['http://x/$(id)'],
    ['https://x.example/$(id)'],
    ['https://x.example/`id`'],
    ['https://x.example/ --flag'],
    ['https://x.example/"&calc'],
    ['http://x.example/authorize'],
    ['ms-settings:about'],
    ['//x.example/authorize'],
  ])('that is %j is not opened', async (address) => {
    await using scene = await Scene.open({
      issuer: { metadata: { authorization_endpoint: address } },
    });
    const opened: string[] = [];
    await using server = scene.connect({
      authorize: ({ url }) => {
        opened.push(url);
      },
    });
    expect(await server.failure()).toContain('could not be authorised');
    expect(opened).toEqual([]);
    expect(scene.issuer.paths('/register')).toEqual([]);
  });
});

test('a line break in an address reaches nobody', async () => {
  await using scene = await Scene.open({
    issuer: { metadata: { authorization_endpoint: 'https://x.example/\nid' } },
  });
  let opened = '';
  await using server = scene.connect({
    authorize: ({ url }) => {
      opened = url;
      throw new Error('seen');
    },
  });
  expect(await server.failure()).toContain('seen');
  expect(opened).toMatch(/^https:\/\/x\.example\/id\?[\w.~%&=+-]+$/u);
});

test('secrets are not sent to an endpoint that others can read', async () => {
  await using scene = await Scene.open({
    issuer: { metadata: { token_endpoint: 'http://x.example/token' } },
  });
  await using server = scene.connect({ authorize: consent });
  expect(await server.failure()).toContain('https is needed');
});
