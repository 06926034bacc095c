/** What a location that the compiler names is to this project, and how it may be called in an answer. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Project, segmentsBelow } from './project.ts';

export type Place =
  | {
      readonly kind: 'project';
      /** Relative to the project, with forward slashes. */
      readonly path: string;
      readonly absolute: string;
    }
  /** Not the project's own: named, but not shown. */
  | { readonly kind: 'foreign'; readonly name: string };

export type ProjectFile = Extract<Place, { kind: 'project' }>;

const DEPENDENCIES = 'node_modules';

/** The place that a URI of the language server names. */
export function placeOf(project: Project, uri: string): Place {
  if (!uri.startsWith('file:')) return { kind: 'foreign', name: path.posix.basename(uri) };
  const absolute = fileURLToPath(uri);
  if (path.dirname(absolute) === path.dirname(project.tsc)) {
    return { kind: 'foreign', name: `${path.basename(absolute)} of TypeScript itself` };
  }
  const all = absolute.split(path.sep);
  const dependency = all.lastIndexOf(DEPENDENCIES);
  if (dependency >= 0) return { kind: 'foreign', name: all.slice(dependency).join('/') };
  const segments = segmentsBelow(project.real, absolute);
  if (segments === undefined) {
    return { kind: 'foreign', name: `${path.basename(absolute)} outside the project` };
  }
  return { kind: 'project', path: segments.join('/'), absolute };
}

/** Whether a path of the project leads into installed packages. */
export function isDependency(segments: readonly string[]): boolean {
  return segments.includes(DEPENDENCIES);
}

/** Whether a path is one of tests and examples, which come after the code they use. */
export function isAside(file: string): boolean {
  return /(?:^|\/)(?:tests?|__tests__|specs?|fixtures?|examples?|bench|benchmarks?)\/|\.(?:test|spec)\.[cm]?[jt]sx?$/.test(
    file,
  );
}

/** Whether a file holds declarations only: built from sources, or written for code that has none. */
export function isDeclarationFile(file: string): boolean {
  return /\.d\.[cm]?ts$|\.d\..+\.ts$/.test(file);
}
