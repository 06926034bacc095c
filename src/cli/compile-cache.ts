import nodeModule from 'node:module';
import { join } from 'node:path';
import { baseDirectory } from '../config/find.ts';

/** Node.js since 22.1. Source: Node.js documentation, `module.enableCompileCache`. */
interface CompileCache {
  readonly enableCompileCache?: (directory: string) => unknown;
}

/**
 * Has Node keep the code that it compiles from now on, for the next start, where it can. In the user's own folder: Node's default is one that all users share.
 * Never throws.
 */
export function keepCompiledCode(env: Readonly<Record<string, string | undefined>>): void {
  const { enableCompileCache } = nodeModule as CompileCache;
  try {
    enableCompileCache?.(
      join(baseDirectory('XDG_CACHE_HOME', '.cache', { env }), 'mcp-fanout', 'code'),
    );
  } catch {
    // A user without a home folder. It was to be faster only.
  }
}
