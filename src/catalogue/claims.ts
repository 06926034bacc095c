import type { JsonObject } from '../base/json.ts';
import type { Claim } from '../base/locks.ts';
import type { Access, Tool } from '../call/tool.ts';
import type { ServerConfig } from '../config/host-config.ts';
import type { RawTool } from '../connect/raw-tool.ts';
import { writingVerb } from './verbs.ts';

/** The key of a tool's own `_meta` that names the arguments which narrow its claim to records: a list of argument names. */
const KEYS_META = 'mcp-fanout/keys';
/** More records than this in one argument claim the whole resource instead: bounded work for the lock table. */
const MAX_RECORDS = 64;

/** How calls of one tool are scheduled, and what is declared of it. */
export type AccessFacts = Pick<
  Tool,
  | 'access'
  | 'accessRule'
  | 'declaredReadOnly'
  | 'declaredIdempotent'
  | 'declaredBy'
  | 'keys'
  | 'claims'
>;

/**
 * Chooses a tool's access class; the first rule that speaks wins: 1. config (a tool's setting beats its server's), 2. annotations, 3. a verb in the name,
 * 4. otherwise it is a read. Declarations are apart from classes: only annotations (where trusted) and config make them.
 */
export function accessFacts(
  raw: RawTool,
  server: ServerConfig,
  trustAnnotations: boolean,
): AccessFacts {
  const settings = server.tools.get(raw.name);
  const { access, rule } = classify(raw, server);
  const hint = raw.annotations?.readOnlyHint === true && raw.annotations.destructiveHint !== true;
  const byConfig = settings?.declared === true && settings.access !== 'write';
  const byHint =
    trustAnnotations && hint && settings?.declared === undefined && settings?.access !== 'write';
  const declaredReadOnly = byConfig || byHint;
  const idempotent =
    settings?.idempotent ?? (trustAnnotations && raw.annotations?.idempotentHint === true);
  return {
    access,
    accessRule: rule,
    declaredReadOnly,
    declaredIdempotent: idempotent || declaredReadOnly,
    declaredBy: byConfig ? 'config' : byHint ? 'annotation' : 'nobody',
    keys: settings?.keys ?? ownKeys(raw),
    claims: server.parallel !== 'always' || settings?.access !== undefined,
  };
}

function classify(
  raw: RawTool,
  server: ServerConfig,
): { readonly access: Access; readonly rule: string } {
  const configured = server.tools.get(raw.name)?.access;
  if (configured !== undefined) return { access: configured, rule: 'config:access' };
  const annotated = annotatedAccess(raw);
  switch (server.parallel) {
    case 'always':
      return { access: 'read', rule: 'config:parallel=always' };
    case 'never':
      return { access: 'write', rule: 'config:parallel=never' };
    case 'read-only':
      return annotated?.access === 'read'
        ? annotated
        : { access: 'write', rule: 'config:parallel=read-only' };
    case 'auto':
      break;
  }
  if (annotated !== undefined) return annotated;
  const verb = writingVerb(raw.name);
  return verb === undefined
    ? { access: 'read', rule: 'default' }
    : { access: 'write', rule: `verb:${verb}` };
}

/** In a contradiction (read-only and destructive) write wins. */
function annotatedAccess(
  raw: RawTool,
): { readonly access: Access; readonly rule: string } | undefined {
  const { readOnlyHint, destructiveHint, idempotentHint } = raw.annotations ?? {};
  if (readOnlyHint === true) {
    return destructiveHint === true
      ? { access: 'write', rule: 'annotation:destructiveHint' }
      : { access: 'read', rule: 'annotation:readOnlyHint' };
  }
  if (readOnlyHint === false) return { access: 'write', rule: 'annotation:readOnlyHint' };
  if (destructiveHint !== undefined) return { access: 'write', rule: 'annotation:destructiveHint' };
  if (idempotentHint !== undefined) return { access: 'write', rule: 'annotation:idempotentHint' };
  return undefined;
}

const NO_KEYS: readonly string[] = [];

function ownKeys(raw: RawTool): readonly string[] {
  const keys = raw._meta?.[KEYS_META];
  if (!Array.isArray(keys)) return NO_KEYS;
  return keys.filter((key): key is string => typeof key === 'string');
}

/** What can name a record: two objects that differ may well mean the same one. */
function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

const NO_CLAIMS: readonly Claim[] = [];
const wholeClaims = new WeakMap<Tool, readonly Claim[]>();

/** The same array for each call of a tool. */
function wholeClaim(tool: Tool): readonly Claim[] {
  let claims = wholeClaims.get(tool);
  if (claims === undefined) {
    claims = [{ resource: tool.resource, value: undefined, mode: tool.access }];
    wholeClaims.set(tool, claims);
  }
  return claims;
}

/**
 * What one call claims: for each key the records that its argument names (a list names each of its elements), values compared as given; the whole
 * resource without keys, or when one of them is missing or no plain value. Reads claim shared, writes exclusive.
 */
export function claimsOf(tool: Tool, args: JsonObject): readonly Claim[] {
  if (!tool.claims) return NO_CLAIMS;
  const whole = wholeClaim(tool);
  if (tool.keys.length === 0) return whole;
  const values = new Set<string>();
  for (const key of tool.keys) {
    const value = Object.hasOwn(args, key) ? args[key] : undefined;
    const records: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (records.length === 0 || !records.every(isPlain)) return whole;
    for (const record of records) values.add(JSON.stringify(record));
    if (values.size > MAX_RECORDS) return whole;
  }
  return [...values].map((value) => ({ resource: tool.resource, value, mode: tool.access }));
}
