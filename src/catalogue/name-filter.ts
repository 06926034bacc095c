import { compileGlobs } from '../config/globs.ts';

/** Globs over tool names where `*` matches everything, dots and slashes included. No `include` means all; `exclude` wins. */
export function nameFilter(
  include: readonly string[],
  exclude: readonly string[],
): (name: string) => boolean {
  const wanted = compileGlobs(include);
  const unwanted = compileGlobs(exclude);
  return (name) =>
    (include.length === 0 || wanted(name) !== undefined) && unwanted(name) === undefined;
}
