import { isJsonObject } from '../base/json.ts';
import type { ContentBlock } from '../call/outcome.ts';

/** What text cannot carry, by how an API carries it. */
export type AttachmentKind = 'image' | 'audio' | 'file';

/** One block of a tool's result that a model can be shown beside the text. */
export interface Attachment {
  readonly kind: AttachmentKind;
  /** In lower case, without parameters; one of those that endpoints know. */
  readonly mimeType: string;
  /** Base64, as the server sent it. */
  readonly data: string;
  /** A file's name, for the model; made of its address. */
  readonly name: string;
}

/** The types that the APIs take; anything else would make an endpoint refuse the whole conversation. */
const KINDS: ReadonlyMap<string, AttachmentKind> = new Map([
  ['image/png', 'image'],
  ['image/jpeg', 'image'],
  ['image/gif', 'image'],
  ['image/webp', 'image'],
  ['audio/wav', 'audio'],
  ['audio/mpeg', 'audio'],
  ['application/pdf', 'file'],
]);

const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['image/jpg', 'image/jpeg'],
  ['audio/x-wav', 'audio/wav'],
  ['audio/wave', 'audio/wav'],
  ['audio/vnd.wave', 'audio/wav'],
  ['audio/mp3', 'audio/mpeg'],
]);

/** Longest one that is sent, in characters of base64: what OpenAI takes. */
const MAX_CHARS = 20 * 1024 * 1024;

/** The block as something to attach, if it is: an image, a sound, or an embedded resource that is one of these or a PDF. */
export function attachmentOf(block: ContentBlock): Attachment | undefined {
  if (block.type === 'image' || block.type === 'audio')
    return attachment(block['mimeType'], block['data'], block.type);
  const resource = block.type === 'resource' ? block['resource'] : undefined;
  if (!isJsonObject(resource)) return undefined;
  return attachment(resource['mimeType'], resource['blob'], fileName(resource['uri']));
}

/** As both APIs take images and files. */
export function dataUrl({ mimeType, data }: Attachment): string {
  return `data:${mimeType};base64,${data}`;
}

function attachment(type: unknown, data: unknown, name: string): Attachment | undefined {
  if (typeof type !== 'string' || typeof data !== 'string') return undefined;
  if (data === '' || data.length > MAX_CHARS) return undefined;
  const plain = type.split(';', 1).join('').trim().toLowerCase();
  const mimeType = OTHER_NAMES.get(plain) ?? plain;
  const kind = KINDS.get(mimeType);
  return kind === undefined ? undefined : { kind, mimeType, data, name };
}

/** The last part of an address, as far as it is fit for a name. */
function fileName(uri: unknown): string {
  const path = typeof uri === 'string' ? (uri.split(/[?#]/u, 1)[0] ?? '') : '';
  const last = path.slice(path.lastIndexOf('/') + 1).replace(/[^\w.-]+/gu, '_');
  return last === '' ? 'file' : last.slice(-80);
}
