#!/usr/bin/env node
/** The `testbed` MCP server, over stdio or HTTP, in either era. stdout carries protocol messages only. */
import type { Door, WebDoor } from '../shared/door.ts';
import { EXIT_ADDRESS, EXIT_USAGE } from '../shared/voice.ts';
import { armEnding, type Ending, fail, report } from './ending.ts';
import { MAX_MESSAGE_BYTES } from './limits.ts';
import { type HttpOptions, type Options, parseOptions, USAGE, UsageError } from './options.ts';
import { pause } from './pause.ts';
import { Testbed } from './testbed.ts';

type ServeOptions = Extract<Options, { kind: 'serve' }>;

async function main(): Promise<void> {
  const options = readOptions();
  if (options === undefined) return;
  if (options.kind === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  const ending = armEnding();
  if (!(await delayed(options.startDelayMs, ending.signal))) return;
  const testbed = new Testbed(options.extraTools, options.listPages);
  const door =
    options.http === undefined
      ? await openStreams(testbed, options, ending)
      : await openAddress(testbed, options, options.http);
  if (door === undefined) return;
  const close = () => void door.close().catch(report);
  if (ending.signal.aborted) close();
  else ending.signal.addEventListener('abort', close, { once: true });
}

function readOptions(): Options | undefined {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    fail(EXIT_USAGE, `${error.message}\n${USAGE.split('\n', 1)[0]}`);
    return undefined;
  }
}

/** False if the end comes first. */
async function delayed(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    if (ms > 0) await pause(ms, signal);
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}

/** Standard input and output; the client's going is the end. Only the SDK that is asked for is loaded. */
async function openStreams(testbed: Testbed, { era }: ServeOptions, ending: Ending): Promise<Door> {
  const door =
    era === 'legacy'
      ? await (await import('./legacy-doors.ts')).openStreams(testbed)
      : (await import('./modern-doors.ts')).openStreams(testbed, era === 'dual');
  process.stdin.once('end', ending.now).once('close', ending.now);
  process.stdout.once('error', ending.now);
  return {
    close: async () => {
      await door.close();
      process.stdin.destroy();
    },
  };
}

async function openAddress(
  testbed: Testbed,
  { era }: ServeOptions,
  http: HttpOptions,
): Promise<Door | undefined> {
  const door: WebDoor =
    era === 'legacy'
      ? (await import('./legacy-doors.ts')).openWeb(testbed)
      : (await import('./modern-doors.ts')).openWeb(testbed, era === 'dual');
  const { addressFault, listen } = await import('../shared/http-listener.ts');
  try {
    const listener = await listen(http, door, { maxMessageBytes: MAX_MESSAGE_BYTES, report });
    process.stderr.write(`testbed: listening on ${listener.url}\n`);
    return listener;
  } catch (error) {
    const fault = addressFault(error, http);
    if (fault === undefined) throw error;
    fail(EXIT_ADDRESS, fault);
    return undefined;
  }
}

await main();
