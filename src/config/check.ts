import * as z from 'zod';
import { isJsonObject } from '../base/json.ts';
import { nearest } from '../base/nearest.ts';
import type { Path } from './config-text.ts';

/** Something wrong in a config: where, and what would be right. */
export interface Problem {
  readonly path: Path;
  /** Whether it is the key at the end of `path` that is wrong, or its value. */
  readonly part: 'key' | 'value';
  /** Names the key. */
  readonly message: string;
}

/** A value that was checked; unknown keys make it no worse, and are not in it. */
export type Checked<T> =
  | { readonly kind: 'ok'; readonly value: T; readonly unknown: readonly Problem[] }
  | {
      readonly kind: 'wrong';
      readonly problems: readonly Problem[];
      readonly unknown: readonly Problem[];
    };

/** Compiling code for the schemas would pay after thousands of checks; it costs 35 ms of the few that there are. */
const AS_IT_IS = { jitless: true };

/** Checks a part of a config, which stands at `base`, against its schema. */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  base: Path,
): Checked<z.output<Schema>> {
  const first = schema.safeParse(value, { error: wordsFor, ...AS_IT_IS });
  if (first.success) return { kind: 'ok', value: first.data, unknown: [] };

  const problems: Problem[] = [];
  const unknown: Problem[] = [];
  const known = structuredClone(value);
  for (const issue of first.error.issues) {
    const path = issue.path.map((segment) => (typeof segment === 'symbol' ? '' : segment));
    const target = at(value, path);
    if (issue.code !== 'unrecognized_keys') {
      const fault = target === undefined ? `is missing: it ${issue.message}` : issue.message;
      const message = `${pathText([...base, ...path])} ${fault}${gotText(target, issue)}`;
      // Two rules of one value may say the same.
      if (problems.every((problem) => problem.message !== message)) {
        problems.push({ path: [...base, ...path], part: 'value', message });
      }
      continue;
    }
    const home = at(known, path);
    for (const key of issue.keys) {
      if (isJsonObject(home)) Reflect.deleteProperty(home, key);
      const where = base.length + path.length === 0 ? '' : ` in ${pathText([...base, ...path])}`;
      const hint = hintFor(key, keysAt(schema, path));
      unknown.push({
        path: [...base, ...path, key],
        part: 'key',
        message: `unknown key ${quoted(key)}${where} is ignored${hint}`,
      });
    }
  }
  if (problems.length > 0) return { kind: 'wrong', problems, unknown };
  return { kind: 'ok', value: schema.parse(known, AS_IT_IS), unknown };
}

/** A path as people write it: `mcpServers.docs.args[0]`, `mcpServers["my server"]`. */
export function pathText(path: Path): string {
  if (path.length === 0) return 'the config';
  return path
    .map((segment, index) => {
      if (typeof segment === 'number') return `[${String(segment)}]`;
      if (!/^[\w$-]+$/u.test(segment)) return `[${quoted(segment)}]`;
      return index === 0 ? segment : `.${segment}`;
    })
    .join('');
}

/** Keys of other hosts' configs, and what to write here. */
const FOREIGN: Readonly<Record<string, string>> = {
  alwaysAllow: 'here: "allow" under "policy", with exposed names',
  autoApprove: 'here: "allow" under "policy", with exposed names',
  bearer_token_env_var: 'here: "headers": {"Authorization": "Bearer ${env:NAME}"}',
  cmd: 'here: "command"',
  context_servers: 'here: "mcpServers"',
  disabledTools: 'here: "tools": {"exclude": […]}',
  enabled: 'here: "disabled"',
  enabledTools: 'here: "tools": {"include": […]}',
  envFile: 'no such file is read; name each variable in "env", as "${env:NAME}"',
  environment: 'here: "env"',
  excludeTools: 'here: "tools": {"exclude": […]}',
  extensions: 'here: "mcpServers"',
  httpUrl: 'here: "url"',
  includeTools: 'here: "tools": {"include": […]}',
  inputs: 'inputs are not asked for; use ${env:NAME} in place of ${input:…}',
  mcp: 'here: "mcpServers"',
  serverUrl: 'here: "url"',
  timeout: 'here: "timeouts": {"totalMs": …}, in ms',
  transport: 'here: "type"',
  uri: 'here: "url"',
  working_directory: 'here: "cwd"',
};

function hintFor(key: string, known: readonly string[]): string {
  const foreign = Object.hasOwn(FOREIGN, key) ? FOREIGN[key] : undefined;
  if (foreign !== undefined) return `; ${foreign}`;
  const [near] = nearest(key, known, 1);
  return near === undefined ? '' : `; did you mean "${near}"?`;
}

/** What would be right, for the kinds of issue for which the schema has no own words; continues "<key> …". */
function wordsFor(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_value') {
    const values = issue.values.map((value) => JSON.stringify(value));
    return `must be ${values.length > 1 ? 'one of ' : ''}${values.join(', ')}`;
  }
  if (issue.code !== 'invalid_type') return undefined;
  return `must be ${NOUNS[issue.expected] ?? issue.expected}`;
}

const NOUNS: Readonly<Record<string, string>> = {
  string: 'a text in double quotes',
  boolean: 'true or false',
  array: 'a list, [ … ]',
  object: 'an object, { … }',
  record: 'an object, { … }',
};

/** What stands there instead. A text is shown only where it cannot be a secret: in place of a number or of one of a few words. */
function gotText(value: unknown, issue: z.core.$ZodIssue): string {
  if (value === undefined) return '';
  if (issue.code === 'invalid_value' && typeof value === 'string') {
    const [near] = nearest(value, issue.values.map(String), 1);
    return `; got ${quoted(value)}${near === undefined ? '' : `: did you mean "${near}"?`}`;
  }
  if (issue.code === 'custom') return typeof value === 'string' ? `; got ${quoted(value)}` : '';
  const expected = issue.code === 'invalid_type' ? issue.expected : 'number';
  if (typeof value === 'string') {
    if (expected === 'number' && value.trim() !== '' && Number.isFinite(Number(value))) {
      return `; got ${quoted(value)}: leave out the quotes`;
    }
    if (expected === 'boolean' && /^(?:true|false)$/iu.test(value)) {
      return `; got ${quoted(value)}: leave out the quotes`;
    }
    if (expected === 'array') return '; got a text: put it in [ ]';
    return value === '' ? '' : '; got a text';
  }
  if (typeof value === 'number') {
    return expected === 'string' ? '; got a number: put it in quotes' : `; got ${String(value)}`;
  }
  if (Array.isArray(value)) return '; got a list';
  if (typeof value === 'boolean' || value === null) return `; got ${String(value)}`;
  return '; got an object';
}

/** For messages: as JSON, and no longer than a line. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}

function at(value: unknown, path: Path): unknown {
  let current = value;
  for (const segment of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Object.hasOwn(current, segment) ? Reflect.get(current, segment) : undefined;
  }
  return current;
}

/** The keys that an object at `path` may have. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  let current: z.core.$ZodType | undefined = schema;
  for (const segment of path) {
    const inner = unwrapped(current);
    if (inner instanceof z.ZodObject) {
      current = Object.hasOwn(inner.shape, segment) ? inner.shape[segment] : inner.def.catchall;
    } else if (inner instanceof z.ZodRecord) current = inner.valueType;
    else return [];
  }
  const inner = unwrapped(current);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function unwrapped(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  let current = schema;
  while (
    current instanceof z.ZodDefault ||
    current instanceof z.ZodPrefault ||
    current instanceof z.ZodExactOptional ||
    current instanceof z.ZodNullable
  ) {
    current = current.unwrap();
  }
  return current;
}
