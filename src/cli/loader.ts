import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import type { CodeCache } from './code-cache.ts';

interface Module {
  exports: unknown;
}

/** Source: Node.js documentation, "The module wrapper". */
type ModuleFunction = (
  this: unknown,
  ...scope: [
    exports: unknown,
    require: NodeJS.Require,
    module: Module,
    filename: string,
    directory: string,
  ]
) => void;

/**
 * What loads the files of the program (`./name.cjs`, all in the folder of `main`) as Node loads CommonJS, but with the code of the cache: each once, and
 * its exports as far as they have come where files need each other. All else is for Node to load.
 */
export function loader(main: string, cache: CodeCache): NodeJS.Require {
  const directory = dirname(main);
  const nodeRequire = createRequire(main);
  const loaded = new Map<string, Module>();
  const load = (id: string): unknown => {
    if (!id.startsWith('./')) return nodeRequire(id) as unknown;
    const name = basename(id);
    const known = loaded.get(name);
    if (known !== undefined) return known.exports;
    const module: Module = { exports: {} };
    loaded.set(name, module);
    try {
      const run = cache.compile(name).runInThisContext() as ModuleFunction;
      run.call(module.exports, module.exports, require, module, join(directory, name), directory);
    } catch (reason) {
      loaded.delete(name);
      throw reason;
    }
    return module.exports;
  };
  const require: NodeJS.Require = Object.assign(load, nodeRequire);
  return require;
}
