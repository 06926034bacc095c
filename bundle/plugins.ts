import type { Plugin } from 'rolldown';

/** The modules that several others all load when they are loaded. Known when the graph is. */
export class SharedModules {
  readonly #roots: readonly string[];
  #shared: ReadonlySet<string> = new Set();

  constructor(roots: readonly string[]) {
    this.#roots = roots;
  }

  has(id: string): boolean {
    return this.#shared.has(id);
  }

  /** Looks at the graph; does nothing to it. */
  plugin(): Plugin {
    const found = (shared: ReadonlySet<string>): void => {
      this.#shared = shared;
    };
    const roots = this.#roots;
    return {
      name: 'shared-modules',
      buildEnd() {
        const closures = roots.map((root) => {
          const closure = new Set([root]);
          for (const id of closure) {
            for (const imported of this.getModuleInfo(id)?.importedIds ?? []) closure.add(imported);
          }
          return closure;
        });
        const [first = new Set<string>(), ...others] = closures;
        found(new Set([...first].filter((id) => others.every((closure) => closure.has(id)))));
      },
    };
  }
}

const REQUIRE_OF_OWN = /^const (\w+) = createRequire\(import\.meta\.url\);$/mu;

/** Takes in, too, what a module of ours loads, when it needs it, by a `require` of its own making. */
export function bundleRequired(): Plugin {
  return {
    name: 'bundle-required',
    transform(code) {
      const [line, name] = REQUIRE_OF_OWN.exec(code) ?? [];
      if (line === undefined || name === undefined) return null;
      return code.replace(line, '').replaceAll(new RegExp(`\\b${name}\\('`, 'gu'), "require('");
    },
  };
}

/** The SDK brings a schema validator of 300 kB for clients that are given none; ours is given one. */
export function withoutDefaultValidator(): Plugin {
  const id = '@modelcontextprotocol/client/_shims';
  const code =
    'export const CORS_IS_POSSIBLE = false; export const DefaultJsonSchemaValidator = undefined;';
  return {
    name: 'without-default-validator',
    resolveId: (source) => (source === id ? id : null),
    load: (source) => (source === id ? code : null),
  };
}
