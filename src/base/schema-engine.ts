import { createRequire } from 'node:module';
import type * as Draft07 from 'ajv';
import type * as Draft2019 from 'ajv/dist/2019.js';
import type * as Draft2020 from 'ajv/dist/2020.js';
import type Formats from 'ajv-formats';
import type * as Patterns from 're2js';

export type Dialect = 'draft-07' | '2019-09' | '2020-12';

/**
 * Ajv and the engine for patterns take 35 ms to load. Who validates nothing (or nothing yet: the servers are still starting) should not wait for them, so they are loaded
 * when they are first needed; and there and then, for a call is checked before anything else can happen to it.
 */
const load = createRequire(import.meta.url);

let patterns: typeof Patterns | undefined;

/** Loads what a schema with patterns needs beside. */
export function loadPatterns(): typeof Patterns {
  patterns ??= load('re2js') as typeof Patterns;
  return patterns;
}

const OPTIONS: Draft07.Options = {
  strict: false,
  // All that is wrong at once, so that a model can mend it in one go; it also keeps the generated code flat.
  allErrors: true,
  validateSchema: false,
  meta: false,
  inlineRefs: false,
  logger: false,
  code: { regExp: Object.assign(linearRegExp, { code: 'linearRegExp' }) },
};

/**
 * One instance per schema: whatever a schema names by `$id`, another server's schema never meets. It costs half a millisecond, and is not kept: only the
 * compiled function is.
 */
export function makeInstance(dialect: Dialect): Draft07.Ajv {
  const instance = bareInstance(dialect);
  (load('ajv-formats') as typeof Formats).default(instance, { mode: 'fast' });
  return instance;
}

function bareInstance(dialect: Dialect): Draft07.Ajv {
  // Named before they are made: the compiler drops the brackets around a cast behind `new`.
  switch (dialect) {
    case 'draft-07': {
      const { Ajv } = load('ajv') as typeof Draft07;
      return new Ajv(OPTIONS);
    }
    case '2019-09': {
      const { Ajv2019 } = load('ajv/dist/2019.js') as typeof Draft2019;
      return new Ajv2019(OPTIONS);
    }
    case '2020-12': {
      const { Ajv2020 } = load('ajv/dist/2020.js') as typeof Draft2020;
      return new Ajv2020(OPTIONS);
    }
  }
}

/** What Ajv makes of a `pattern`. Ajv tells patterns apart by `toString`. */
function linearRegExp(pattern: string): {
  test: (text: string) => boolean;
  toString: () => string;
} {
  const { RE2JS } = loadPatterns();
  const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
  return { test: (text) => compiled.matcher(text).find(), toString: () => `re2:${pattern}` };
}
