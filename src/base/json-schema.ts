import type { ErrorObject, ValidateFunction } from 'ajv';
import { describe } from './errors.ts';
import { canonicalJson, isJsonObject, nestsDeeperThan } from './json.ts';
import { Lru } from './lru.ts';
import { loadPatterns, makeInstance, type Dialect } from './schema-engine.ts';
import { MAX_SCHEMA_CHARS, MAX_SCHEMA_DEPTH } from './schema-limits.ts';
import { OUT_OF_TIME, withinBudget } from './time-budget.ts';

/** One thing that is wrong with a value. `path` is a JSON pointer into the value, `""` for the value itself. */
interface SchemaError {
  readonly path: string;
  readonly message: string;
}

export type Validation =
  | { readonly valid: true }
  | { readonly valid: false; readonly errors: readonly SchemaError[] };

/** A schema that can be checked against, or why it cannot: then nothing is known about any value. */
export type CompiledSchema =
  | { readonly kind: 'ok'; readonly validate: (value: unknown) => Validation }
  | { readonly kind: 'unusable'; readonly reason: string };

/** Schemas come from servers, and a hostile one can make compiling or checking take for ever: both stop after this long, ms. */
const COMPILE_BUDGET_MS = 1_000;
const VALIDATE_BUDGET_MS = 500;
/** A value with no more parts than this needs no budget under a schema that cannot multiply the work. */
const SMALL_VALUE_PARTS = 1_000;
/** Most errors told of one value. */
const MAX_ERRORS = 20;

const cache = new Lru<string, CompiledSchema>(2_000);
/** Spares the work of the content key for a schema object that is used again and again. */
const byIdentity = new WeakMap<object, CompiledSchema>();

/**
 * Compiles a JSON Schema of draft-07, 2019-09 or 2020-12 (by `$schema`; default 2020-12); equal schemas are compiled once.
 * Never throws, fetches nothing, and blocks the process for a bounded time only: patterns run on a linear-time engine, and a pattern that this
 * engine cannot do (look-around, back-references) makes the schema unusable. A value that cannot be checked in time counts as valid.
 */
export function compileSchema(schema: unknown): CompiledSchema {
  if (typeof schema !== 'object' || schema === null) return compileUncached(schema);
  const known = byIdentity.get(schema);
  if (known !== undefined) return known;
  const compiled = compileCached(schema);
  byIdentity.set(schema, compiled);
  return compiled;
}

/** Loads what compiling takes, 35 ms the first time: for whoever has to wait for something else anyway. */
export function prepareSchemas(): void {
  compileSchema(ANY_OBJECT);
}

const ANY_OBJECT = { type: 'object' };

function compileCached(schema: object): CompiledSchema {
  // Before the key is made: its making is recursive.
  if (nestsDeeperThan(schema, MAX_SCHEMA_DEPTH)) {
    return unusable(`it nests deeper than ${MAX_SCHEMA_DEPTH} levels`);
  }
  const key = canonicalJson(schema);
  if (key.length > MAX_SCHEMA_CHARS) {
    return unusable(`it is larger than ${MAX_SCHEMA_CHARS / 1024} KiB`);
  }
  const known = cache.get(key);
  if (known !== undefined) return known;
  const compiled = compileUncached(schema);
  cache.set(key, compiled);
  return compiled;
}

function compileUncached(schema: unknown): CompiledSchema {
  if (typeof schema !== 'boolean' && !isJsonObject(schema)) {
    return unusable('a schema must be an object or a boolean');
  }
  const dialect = dialectOf(schema);
  if (dialect === undefined) {
    return unusable('its "$schema" names a dialect other than draft-07, 2019-09 and 2020-12');
  }
  try {
    const costly = multiplies(schema);
    // All loading is done by now: it must neither count nor be broken off half-way.
    if (costly) loadPatterns();
    const instance = makeInstance(dialect);
    const check = withinBudget(COMPILE_BUDGET_MS, () => instance.compile(schema));
    if (check === OUT_OF_TIME) {
      return unusable(`it cannot be compiled within ${COMPILE_BUDGET_MS} ms`);
    }
    return { kind: 'ok', validate: boundedValidator(check, costly) };
  } catch (reason) {
    return unusable(describe(reason).slice(0, 300));
  }
}

function unusable(reason: string): CompiledSchema {
  return { kind: 'unusable', reason };
}

function dialectOf(schema: unknown): Dialect | undefined {
  const named = isJsonObject(schema) ? schema['$schema'] : undefined;
  if (typeof named !== 'string') return '2020-12';
  const match =
    /^https?:\/\/json-schema\.org\/(draft-07|draft\/2019-09|draft\/2020-12)\/schema#?$/.exec(
      named.slice(0, 100),
    );
  if (match === null) return undefined;
  return match[1] === 'draft-07'
    ? 'draft-07'
    : match[1] === 'draft/2019-09'
      ? '2019-09'
      : '2020-12';
}

// Bounded checking

/** Whether checking a small value may take more than small work: references can repeat each other, unique items are compared in pairs. */
function multiplies(schema: unknown): boolean {
  const text = JSON.stringify(schema);
  return /"(?:\$ref|\$dynamicRef|\$recursiveRef|uniqueItems|pattern|patternProperties)"/.test(text);
}

function boundedValidator(
  check: ValidateFunction,
  costly: boolean,
): (value: unknown) => Validation {
  let givenUp = false;
  return (value) => {
    if (givenUp) return VALID;
    const bounded = costly || hasMorePartsThan(value, SMALL_VALUE_PARTS);
    const valid = bounded ? withinBudget(VALIDATE_BUDGET_MS, () => check(value)) : check(value);
    if (valid === OUT_OF_TIME) givenUp = true;
    if (valid !== false) return VALID;
    return { valid: false, errors: (check.errors ?? []).slice(0, MAX_ERRORS).map(toError) };
  };
}

const VALID: Validation = { valid: true };

function hasMorePartsThan(value: unknown, limit: number): boolean {
  const pending: unknown[] = [value];
  for (let parts = 0; pending.length > 0; parts += 1) {
    if (parts + pending.length > limit) return true;
    const next = pending.pop();
    if (typeof next === 'object' && next !== null)
      pending.push(...Object.values(next).slice(0, limit + 1));
    // A long text is work for a pattern and for a length.
    else if (typeof next === 'string' && next.length > 100 * limit) return true;
  }
  return false;
}

function toError(error: ErrorObject): SchemaError {
  const params: Record<string, unknown> = error.params;
  const detail =
    params['additionalProperty'] ?? params['unevaluatedProperty'] ?? params['propertyName'];
  const allowed = params['allowedValues'] ?? params['allowedValue'];
  let message = error.message ?? `fails "${error.keyword}"`;
  if (typeof detail === 'string') message += `: ${JSON.stringify(detail)}`;
  if (allowed !== undefined) message += `: ${JSON.stringify(allowed)}`;
  return { path: error.instancePath.slice(0, 200), message: message.slice(0, 500) };
}
