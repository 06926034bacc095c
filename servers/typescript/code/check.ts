/** Compiler errors of one file, of a folder, or of the whole project. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { MAX_CHECKS, MAX_DIAGNOSTIC_CHARS } from '../limits.ts';
import { type Diagnostic, diagnosticsOf, isIncluded } from '../lsp/queries.ts';
import { type ConfigProblem, listProgram } from '../project/program-files.ts';
import { type Entry, findSource } from '../project/project-path.ts';
import { segmentsBelow } from '../project/project.ts';
import { clip, Refusal } from '../../shared/refusal.ts';
import type { Asking } from './asking.ts';

export interface Problem {
  /** Undefined for what is wrong with the project as a whole. */
  readonly path: string | undefined;
  /** From 1. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly severity: 'error' | 'warning';
  /** `TS2322` */
  readonly code: string | undefined;
  readonly message: string;
}

export interface Checked {
  /** By file and line, those of the configuration first. */
  readonly problems: readonly Problem[];
  readonly files: number;
  readonly notes: readonly string[];
}

/** Checks one file or folder, or everything that tsconfig.json includes. */
export async function check(asking: Asking, entry: Entry | undefined): Promise<Checked> {
  return entry?.type === 'file'
    ? await checkFile(asking, entry.path)
    : await checkProgram(asking, entry?.path ?? '');
}

async function checkFile(asking: Asking, name: string): Promise<Checked> {
  const { server, session, signal } = asking;
  const file = await findSource(server.project, name);
  const uri = pathToFileURL(file.absolute).href;
  const [problems, included] = await Promise.all([
    problemsOf(asking, file.absolute),
    isIncluded(session, uri, signal),
  ]);
  const note = `${file.path} is in no tsconfig.json: it was checked with the compiler's default options.`;
  return { problems, files: 1, notes: included === false ? [note] : [] };
}

async function checkProgram(asking: Asking, folder: string): Promise<Checked> {
  const { server, signal } = asking;
  const { project } = server;
  const program = await listProgram(project, signal);
  const within = path.join(project.real, folder);
  const files = program.files.filter((file) => segmentsBelow(within, file) !== undefined);
  if (files.length === 0 && program.problems.length === 0) {
    throw new Refusal(
      folder === ''
        ? 'The tsconfig.json of the project includes no source files.'
        : `The tsconfig.json of the project includes no source files in ${JSON.stringify(folder)}.`,
    );
  }
  const found: Problem[][] = [];
  const waiting = files.entries();
  const work = async (): Promise<void> => {
    // The workers share the iterator: each takes the next file that nobody has taken.
    for (const [index, file] of waiting) found[index] = await problemsOf(asking, file);
  };
  await Promise.all(Array.from({ length: MAX_CHECKS }, work));
  return {
    problems: [...program.problems.map(ofConfig), ...found.flat()],
    files: files.length,
    notes: [],
  };
}

async function problemsOf(
  { server, session, signal }: Asking,
  absolute: string,
): Promise<Problem[]> {
  const found = await diagnosticsOf(session, pathToFileURL(absolute).href, signal);
  const name = segmentsBelow(server.project.real, absolute)?.join('/') ?? path.basename(absolute);
  return found.flatMap((one) => toProblem(name, one));
}

/** The numbers that the language server protocol has for severities; those after them are hints for an editor. */
const SEVERITIES: Readonly<Record<number, Problem['severity']>> = { 1: 'error', 2: 'warning' };

function toProblem(name: string, { range, severity, code, message }: Diagnostic): Problem[] {
  const known = SEVERITIES[severity];
  if (known === undefined) return [];
  return [
    {
      path: name,
      line: range.start.line + 1,
      column: range.start.character + 1,
      severity: known,
      code: typeof code === 'number' ? `TS${code}` : code,
      message: clip(message, MAX_DIAGNOSTIC_CHARS),
    },
  ];
}

function ofConfig({ path, line, column, code, message }: ConfigProblem): Problem {
  const text = clip(message, MAX_DIAGNOSTIC_CHARS);
  return { path, line, column, severity: 'error', code: `TS${code}`, message: text };
}
