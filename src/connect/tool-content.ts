import { isJsonObject, type Json, type JsonObject } from '../base/json.ts';
import { visibleLine } from '../base/visible.ts';

/** How much of an unknown block is shown, in characters. */
const SHOWN_CHARS = 4_000;
/** Most blocks of one result: many small ones take many times the memory of the message that they came in. */
const MAX_BLOCKS = 10_000;

/**
 * Makes a `tools/call` result acceptable to the SDK, which throws the whole of it away for one part that it does not know: blocks of a type that is unknown
 * or that lack what their type needs become text that says so and quotes them. The result must not be hostile in depth.
 */
export function repairCallResult(result: JsonObject): JsonObject {
  const repaired: Record<string, Json> = { ...result, content: repairContent(result['content']) };
  if ('isError' in result) repaired['isError'] = result['isError'] === true;
  if ('_meta' in result && !isJsonObject(result['_meta'])) delete repaired['_meta'];
  return repaired;
}

/** The content of a result, each block complete. What is no content at all is left as it is. */
export function repairContent(content: Json | undefined): Json {
  if (Array.isArray(content)) return repairBlocks(content);
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return content ?? [];
}

function repairBlocks(blocks: readonly Json[]): readonly Json[] {
  if (blocks.length <= MAX_BLOCKS) return blocks.map(repairBlock);
  const kept = blocks.slice(0, MAX_BLOCKS).map(repairBlock);
  const text = `[The server sent ${blocks.length} parts: only the first ${MAX_BLOCKS} are kept.]`;
  return [...kept, { type: 'text', text }];
}

function repairBlock(block: Json): Json {
  if (!isJsonObject(block)) return quote(block, 'a part that is no content block');
  if (!isComplete(block)) {
    const type = typeof block['type'] === 'string' ? visibleLine(block['type'], 60) : 'none';
    return quote(
      block,
      `content of the type "${type}", which this host does not know or which is incomplete`,
    );
  }
  // A hint that is malformed would cost the whole result; it is only a hint. Most blocks have none.
  if (isClean(block)) return block;
  return Object.fromEntries(
    Object.entries(block).filter(([key, value]) => isAcceptable(key, value)),
  );
}

function isClean(block: JsonObject): boolean {
  for (const key in block) if (!isAcceptable(key, block[key])) return false;
  return true;
}

/** What the optional members of a block must be, where they are there. */
function isAcceptable(key: string, value: unknown): boolean {
  switch (key) {
    case 'annotations':
      return isPlainAnnotations(value);
    case '_meta':
      return isJsonObject(value);
    case 'title':
    case 'description':
    case 'mimeType':
      return typeof value === 'string';
    case 'size':
      return typeof value === 'number';
    case 'icons':
      return false;
    default:
      return true;
  }
}

function isComplete(block: JsonObject): boolean {
  const { type, data, mimeType } = block;
  if (type === 'text') return typeof block['text'] === 'string';
  if (type === 'image' || type === 'audio') return isBase64(data) && typeof mimeType === 'string';
  if (type === 'resource') return isResource(block['resource']);
  if (type === 'resource_link') {
    return typeof block['uri'] === 'string' && typeof block['name'] === 'string';
  }
  return false;
}

function isResource(resource: unknown): boolean {
  if (!isJsonObject(resource) || typeof resource['uri'] !== 'string') return false;
  const { mimeType } = resource;
  if (mimeType !== undefined && typeof mimeType !== 'string') return false;
  return typeof resource['text'] === 'string' || isBase64(resource['blob']);
}

/** As the SDK judges it, and quickly where nothing unusual is in it. */
function isBase64(data: unknown): boolean {
  if (typeof data !== 'string') return false;
  if (data.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(data)) return true;
  try {
    atob(data);
    return true;
  } catch {
    // That is the answer.
    return false;
  }
}

function isPlainAnnotations(annotations: unknown): boolean {
  if (!isJsonObject(annotations)) return false;
  const { audience, priority, lastModified } = annotations;
  if (lastModified !== undefined && !isTimestamp(lastModified)) return false;
  if (priority !== undefined && !(typeof priority === 'number' && priority >= 0 && priority <= 1))
    return false;
  if (audience === undefined) return true;
  return (
    Array.isArray(audience) && audience.every((role) => role === 'user' || role === 'assistant')
  );
}

function isTimestamp(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  );
}

function quote(block: unknown, what: string): JsonObject {
  const text = JSON.stringify(block) ?? 'null';
  const cut = text.length > SHOWN_CHARS;
  const shown = cut ? `${text.slice(0, SHOWN_CHARS)}… (${text.length} characters in all)` : text;
  return { type: 'text', text: `[The server sent ${what}:] ${shown}` };
}
