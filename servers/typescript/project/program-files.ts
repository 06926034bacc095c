/** Which files belong to the project, as its tsconfig.json says. */
import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { runCompiler } from '../compiler.ts';
import { MAX_PROJECTS } from '../limits.ts';
import { systemCode } from '../../shared/refusal.ts';
import { isDeclarationFile, isDependency } from './place.ts';
import { type Project, segmentsBelow } from './project.ts';

/** One tsconfig.json: the project's own, or one that it references. */
interface Config {
  readonly file: string;
  /** Absolute paths of the files it names or includes. */
  readonly roots: readonly string[];
}

const ShownConfig = z.object({
  files: z.array(z.string()).default([]),
  references: z.array(z.object({ path: z.string() })).default([]),
});

const SOURCE = /\.[cm]?[jt]sx?$/;

/** The project's configuration and those that it references, as far as they are inside the project. */
async function readConfigs(project: Project, signal: AbortSignal): Promise<Config[]> {
  const configs: Config[] = [];
  const open = [path.join(project.real, 'tsconfig.json')];
  const seen = new Set(open);
  for (const file of open) {
    const shown = parseConfig(await runCompiler(project, ['-p', file, '--showConfig'], signal));
    const folder = path.dirname(file);
    configs.push({ file, roots: shown.files.map((name) => path.resolve(folder, name)) });
    for (const reference of shown.references) {
      const next = await configAt(path.resolve(folder, reference.path));
      if (next === undefined || seen.has(next) || seen.size >= MAX_PROJECTS) continue;
      if (segmentsBelow(project.real, next) === undefined) continue;
      seen.add(next);
      open.push(next);
    }
  }
  return configs;
}

/** A configuration that cannot be read has no files; `diagnostics` tells what is wrong with it. */
function parseConfig(printed: string): z.output<typeof ShownConfig> {
  const text = printed.slice(Math.max(printed.indexOf('{'), 0));
  try {
    return ShownConfig.parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) {
      return { files: [], references: [] };
    }
    throw error;
  }
}

async function configAt(named: string): Promise<string | undefined> {
  const file = named.endsWith('.json') ? named : path.join(named, 'tsconfig.json');
  try {
    return await realpath(file);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}

/**
 * One file of each configuration: a language server loads a project when it is asked about a file of it. Preferred
 * is a file that has no other tsconfig.json nearer to it.
 */
export async function findAnchors(project: Project, signal: AbortSignal): Promise<string[]> {
  const configs = await readConfigs(project, signal);
  return configs.flatMap(({ file, roots }) => {
    const sources = roots.filter((name) => SOURCE.test(name) && !isDeclarationFile(name));
    const own = sources.slice(0, 100).find((name) => nearestConfig(name, project) === file);
    const anchor = own ?? sources[0] ?? roots.find((name) => SOURCE.test(name));
    return anchor === undefined ? [] : [anchor];
  });
}

function nearestConfig(name: string, project: Project): string | undefined {
  for (let folder = path.dirname(name); ; folder = path.dirname(folder)) {
    const file = path.join(folder, 'tsconfig.json');
    if (existsSync(file)) return file;
    if (folder === project.real || folder === path.dirname(folder)) return undefined;
  }
}

/** Something wrong with a configuration, rather than with the code. */
export interface ConfigProblem {
  /** Relative to the project; undefined when the compiler names no file. */
  readonly path: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly code: number;
  readonly message: string;
}

export interface ProgramFiles {
  /** Absolute paths of all source files of the project's own, sorted. */
  readonly files: readonly string[];
  readonly problems: readonly ConfigProblem[];
}

/** Every file of the project that the compiler reads, those that are only imported included. */
export async function listProgram(project: Project, signal: AbortSignal): Promise<ProgramFiles> {
  const configs = await readConfigs(project, signal);
  const files = new Set<string>();
  const problems: ConfigProblem[] = [];
  for (const { file } of configs) {
    const args = ['-p', file, '--listFilesOnly', '--pretty', 'false'];
    for (const line of (await runCompiler(project, args, signal)).split(/\r?\n/)) {
      const problem = parseProblem(line);
      if (problem !== undefined) problems.push(problem);
      else if (isOwnSource(project, line)) files.add(path.normalize(line));
      else appendTo(problems, line);
    }
  }
  return { files: [...files].sort(), problems };
}

function isOwnSource(project: Project, line: string): boolean {
  if (!path.isAbsolute(line) || !SOURCE.test(line)) return false;
  const segments = segmentsBelow(project.real, path.normalize(line));
  return segments !== undefined && !isDependency(segments);
}

/** `tsconfig.json(1,35): error TS5023: Unknown …`, or `error TS2688: Cannot …`. */
const PROBLEM =
  /^(?:(?<path>[^\n]{1,1000}?)\((?<line>\d+),(?<column>\d+)\): )?error TS(?<code>\d+): (?<message>.*)$/;

function parseProblem(line: string): ConfigProblem | undefined {
  const groups = PROBLEM.exec(line)?.groups;
  if (groups === undefined) return undefined;
  const { path, code, message = '' } = groups;
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  return {
    path,
    line: number(groups['line']),
    column: number(groups['column']),
    code: Number(code),
    message,
  };
}

/** Indented lines go on with the message before. */
function appendTo(problems: ConfigProblem[], line: string): void {
  const last = problems.at(-1);
  if (last === undefined || !/^\s+\S/.test(line)) return;
  problems[problems.length - 1] = { ...last, message: `${last.message}\n${line}` };
}
