import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { timed, type Bench, type Sample, type Work } from '../bench.ts';
import type { Errand, Start } from '../contender.ts';
import { openModel } from '../model-endpoint.ts';

/** From the start of a process to the result of its one call. */
export const callOnce: Work = {
  unit: 'ms',
  async run(bench, { first = false }) {
    if (!first) await untilPrinted(bench, { kind: 'call', text: 'hello world' }, ['hello world']);
    return untilPrinted(bench, { kind: 'call', text: 'hello again' }, ['hello again']);
  },
};

/** From the start of a process to the names of all tools. */
export const listTools: Work = {
  unit: 'ms',
  async run(bench, { warm = false, first = !warm, start = 'lazy' }) {
    if (warm) await learn(bench);
    const names = bench.servers.map((_, index) => `s${index}__echo`);
    if (!first) await untilPrinted(bench, { kind: 'tools', start }, names);
    return untilPrinted(bench, { kind: 'tools', start }, names);
  },
};

/** From the start of a process to its first request to a model, with `count` tools or more. */
export const askModel: Work = {
  unit: 'ms',
  async run(bench, { count = 0, warm = false, first = !warm, start = 'lazy' }) {
    if (warm) await learn(bench);
    if (!first) await untilAsked(bench, { count, start });
    return untilAsked(bench, { count, start });
  },
};

/** Who remembers nothing has no errand for it. */
async function learn({ contender, servers, folder }: Bench): Promise<void> {
  const command = contender.command?.({ kind: 'learn' }, servers, folder);
  if (command === undefined) return;
  const child = spawn(command.program, command.args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`getting to know the servers ended with ${String(code)}`);
}

function untilPrinted(bench: Bench, errand: Errand, texts: readonly string[]): Promise<Sample> {
  return errandTime(bench, errand, async ({ stdout }) => {
    let printed = '';
    for await (const chunk of stdout) {
      printed += String(chunk);
      if (texts.every((text) => printed.includes(text))) return;
    }
    const missing = texts.find((text) => !printed.includes(text));
    throw new Error(`printed ${JSON.stringify(printed.slice(0, 200))} without ${missing}`);
  });
}

async function untilAsked(
  bench: Bench,
  { count, start }: { readonly count: number; readonly start: Start },
): Promise<Sample> {
  const model = await openModel();
  try {
    return await errandTime(bench, { kind: 'ask', start, url: model.url }, async (child) => {
      const ended = once(child, 'exit').then(() => {
        throw new Error('it ended before it asked the model');
      });
      const tools = await Promise.race([model.asked, ended]);
      // What it does afterwards is outside the time.
      ended.catch(() => undefined);
      if (tools < count) throw new Error(`it offered ${tools} tools, not ${count}`);
    });
  } finally {
    model.close();
  }
}

/** Starts the command line for an errand, and takes the time until `isDone`; then waits for its end. */
async function errandTime(
  { contender, servers, folder }: Bench,
  errand: Errand,
  isDone: (child: ChildProcessByStdio<null, Readable, null>) => Promise<void>,
): Promise<Sample> {
  const command = contender.command?.(errand, servers, folder);
  if (command === undefined) throw new Error(`it has no command line for ${errand.kind}`);
  let gone: Promise<unknown> | undefined;
  const sample = await timed(async () => {
    const child = spawn(command.program, command.args, { stdio: ['ignore', 'pipe', 'inherit'] });
    gone = once(child, 'close');
    await isDone(child);
    // It must be able to end, whatever else it prints.
    child.stdout.resume();
  });
  await gone;
  // The worker has done nothing but wait.
  return { value: sample.value };
}
