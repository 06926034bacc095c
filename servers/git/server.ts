#!/usr/bin/env node
/** The `git` MCP server: one repository, over stdio. stdout carries protocol messages only. */
import { EXIT_USAGE } from '../shared/voice.ts';
import { EXIT_GIT, fail } from './ending.ts';
import { NoRepository, openRepository } from './open-repository.ts';
import { type Options, parseOptions, USAGE, UsageError } from './options.ts';
import type { Repository } from './repository.ts';

async function main(): Promise<void> {
  const options = readOptions();
  if (options === undefined) return;
  if (options.kind === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  // The SDK takes most of the time to start, and git some: side by side.
  const sdk = import('./serve-stdio.ts');
  const repository = await findRepository(options.repo);
  const { serveRepository } = await sdk;
  if (repository !== undefined) serveRepository(repository, options.readOnly);
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

async function findRepository(folder: string): Promise<Repository | undefined> {
  try {
    return await openRepository(folder);
  } catch (error) {
    if (!(error instanceof NoRepository)) throw error;
    fail(error.git ? EXIT_GIT : EXIT_USAGE, error.message);
    return undefined;
  }
}

await main();
