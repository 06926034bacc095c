#!/usr/bin/env node
/** The `workspace` MCP server: files of one folder, over stdio or HTTP. stdout carries protocol messages only. */
import { systemCode } from '../shared/refusal.ts';
import { EXIT_USAGE } from '../shared/voice.ts';
import { type Options, parseOptions, USAGE, UsageError } from './options.ts';
import { openRoot, type Root } from './root.ts';
import { fail } from './voice.ts';

async function main(): Promise<void> {
  const options = readOptions();
  if (options === undefined) return;
  if (options.kind === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  const root = await findRoot(options.root);
  if (root === undefined) return;
  // Loaded when needed: most of the time it takes to start goes into the SDK, and stdio needs no HTTP stack.
  if (options.http === undefined) {
    const { serveRoot } = await import('./serve-stdio.ts');
    serveRoot(root, options.readOnly);
  } else {
    const { serveHttp } = await import('./serve-http.ts');
    await serveHttp(root, options.readOnly, options.http);
  }
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

async function findRoot(folder: string): Promise<Root | undefined> {
  try {
    return await openRoot(folder);
  } catch (error) {
    const why =
      systemCode(error) === 'ENOENT' ? 'does not exist' : 'is not a folder that can be read';
    fail(EXIT_USAGE, `--root ${JSON.stringify(folder)} ${why}.`);
    return undefined;
  }
}

await main();
