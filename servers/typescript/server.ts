#!/usr/bin/env node
/** The `typescript` MCP server: code intelligence for one project, over stdio. stdout carries protocol messages only. */
import { EXIT_USAGE } from '../shared/voice.ts';
import { installedCompiler } from './compiler.ts';
import { type Options, parseOptions, USAGE, UsageError } from './options.ts';
import { openProject, type Project, ProjectError } from './project/project.ts';
import { fail } from './voice.ts';

async function main(): Promise<void> {
  const options = readOptions();
  if (options === undefined) return;
  if (options.kind === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  const project = await findProject(options);
  if (project === undefined) return;
  // Loaded last: most of the time it takes to start goes into the SDK.
  const { serveProject } = await import('./serve-stdio.ts');
  serveProject(project);
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

async function findProject({
  project,
  tsc,
}: Extract<Options, { kind: 'serve' }>): Promise<Project | undefined> {
  try {
    return await openProject(project, tsc ?? installedCompiler());
  } catch (error) {
    if (!(error instanceof ProjectError)) throw error;
    fail(EXIT_USAGE, error.message);
    return undefined;
  }
}

await main();
