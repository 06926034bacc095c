#!/usr/bin/env node
import { dirname, join } from 'node:path';
import { baseDirectory } from '../config/find.ts';
import { CodeCache } from './code-cache.ts';
import { EXIT } from './exit-codes.ts';
import { loader } from './loader.ts';

/*
 * The first file of the command line, which loads the others with the code that V8 made of them at an earlier start. Of the bundle only: `start.ts` is what
 * there is to start.
 */

/** What there are codes of its own for. */
const COMMANDS: readonly (string | undefined)[] = ['call', 'doctor', 'run', 'tools'];
/** A program that runs for longer is not waited for: V8 forgets the code of functions that have not been used for a while. ms. */
const LONG_RUN_MS = 10_000;

const main = import.meta.filename;
const [, , command] = process.argv;
const cache = new CodeCache({
  directory: dirname(main),
  root: codeFolder(process.env),
  purpose: COMMANDS.find((one) => one === command) ?? 'other',
});
// Of a command that was broken off, or could not begin, too little is known.
process.on('exit', (code) => {
  if (code === EXIT.done || code === EXIT.failed) cache.keep();
});
setTimeout(() => cache.keep(), LONG_RUN_MS).unref();
loader(main, cache)('./start.cjs');

/** In the user's own folder. `undefined` for a user who has none, or who wants no code kept, as Node has it. */
function codeFolder(env: Readonly<Record<string, string | undefined>>): string | undefined {
  // Source: Node.js documentation, "Module compile cache".
  if (env['NODE_DISABLE_COMPILE_CACHE'] !== undefined) return undefined;
  try {
    return join(baseDirectory('XDG_CACHE_HOME', '.cache', { env }), 'mcp-fanout', 'code');
  } catch {
    // It was to be faster only.
    return undefined;
  }
}
