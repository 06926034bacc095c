import { createHash } from 'node:crypto';
import { exposedName, type ExposedName } from '../call/names.ts';

/** The longest function name that OpenAI-compatible endpoints accept, of `[A-Za-z0-9_-]`. Source: OpenAI API reference, `tools[].function.name`. */
const MAX_NAME_LENGTH = 64;
const SEPARATOR = '__';
const HASH_LENGTH = 8;

/** Names of the host's own tools: no server's tool ever gets one. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([
  'call_tools',
  'search_tools',
  'read_result',
]);

/**
 * The name under which the model sees a tool: `<prefix>__<tool>`, or the tool's own name with the empty prefix.
 *
 * A pure function of prefix and tool, so it is stable across restarts and independent of who connected first. Injective: a prefix (see
 * `config/prefix.ts`) contains no `__` and does not end in `_`, so the first `__` of a name always ends its prefix; and every name that had to be altered
 * or cut carries a hash of the original. (Hashes may collide, and a name may be made to look altered: then that one server loses one of its tools.)
 */
export function exposedNameOf(prefix: string, tool: string): ExposedName {
  const lead = prefix === '' ? '' : `${prefix}${SEPARATOR}`;
  const room = MAX_NAME_LENGTH - lead.length;
  if (isValid(tool) && tool.length <= room && (lead !== '' || isFree(tool)))
    return exposedName(`${lead}${tool}`);
  const hash = createHash('sha256').update(tool).digest('hex').slice(0, HASH_LENGTH);
  let readable = tool.replace(/[^A-Za-z0-9_-]+/gu, '_');
  // Without a prefix a `__` would look like one.
  if (lead === '') readable = readable.replace(/_{2,}/gu, '_');
  readable = readable.slice(0, room - HASH_LENGTH - 1);
  return exposedName(`${lead}${readable}-${hash}`);
}

/** The prefix that a name begins with; `""` for a name without one. */
export function prefixOf(name: string): string {
  const end = name.indexOf(SEPARATOR);
  return end <= 0 ? '' : name.slice(0, end);
}

function isValid(name: string): boolean {
  return /^[A-Za-z0-9_-]+$/u.test(name);
}

function isFree(name: string): boolean {
  return !name.includes(SEPARATOR) && !RESERVED_NAMES.has(name);
}
