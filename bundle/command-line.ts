import { chmodSync } from 'node:fs';
import { resolve } from 'node:path';
import { rolldown, type InputOptions, type OutputOptions } from 'rolldown';
import { RequiredPackages, SharedModules, withoutDefaultValidator } from './plugins.ts';
import { thirdPartyNotices } from './third-party-notices.ts';

/*
 * The command line as few files: Node needs longer to find, read and link hundreds of modules than to run them. What a command loads only when it needs it
 * stays a file of its own. Made of what the compiler wrote, so that there is one compiler. The library is not bundled: its users have its packages anyway.
 */

const built = (name: string): string => resolve('dist/src/cli', `${name}.js`);

const INPUT: InputOptions = {
  platform: 'node',
  // It finds its native code beside itself.
  external: ['libsql'],
  // A package's own modules are preferred to what it offers to `require`.
  resolve: { mainFields: ['module', 'main'] },
  onLog: (_level, log) => {
    throw new Error(log.message);
  },
};
const OUTPUT: OutputOptions = {
  dir: 'dist/cli',
  // Loads faster than modules do.
  format: 'cjs',
  entryFileNames: '[name].cjs',
  chunkFileNames: '[name].cjs',
  // Names stay: people read them in stack traces.
  minify: { compress: true, mangle: { keepNames: true }, codegen: true },
};

const required = new RequiredPackages();
const notices = thirdPartyNotices();

/** What is started, and loads all the rest by itself. */
async function bundleMain(): Promise<void> {
  await using build = await rolldown({ ...INPUT, input: { main: built('main') } });
  await build.write(OUTPUT);
}

async function bundleProgram(): Promise<void> {
  /** What all commands that start servers load before they do so. */
  const host = new SharedModules(['call', 'doctor', 'run', 'tools'].map(built));
  const plugins = [required.requiring(), withoutDefaultValidator(), host.plugin(), notices];
  await using build = await rolldown({ ...INPUT, input: { start: built('start') }, plugins });
  await build.write({
    ...OUTPUT,
    codeSplitting: {
      groups: [
        { name: 'program', tags: ['$initial'], priority: 1 },
        { name: 'host', test: (id) => host.has(id) },
      ],
    },
  });
}

async function bundleRequired(): Promise<void> {
  const plugins = [required.required(), notices];
  await using build = await rolldown({ ...INPUT, input: required.entry, plugins });
  await build.write(OUTPUT);
}

await bundleMain();
// As npm leaves a command that it links to, so that a link to this one outlives a build.
chmodSync('dist/cli/main.cjs', 0o755);
await bundleProgram();
await bundleRequired();
