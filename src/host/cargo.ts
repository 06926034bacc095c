import { isJsonObject } from '../base/json.ts';
import type { ContentBlock } from '../call/outcome.ts';

/** What a block of a result carries that is no text: it goes whole or not at all. */
export interface Cargo {
  readonly bytes: number;
  /** For the name of a file, without the dot. */
  readonly extension: string;
  readonly content: () => Buffer;
}

/** The data of an image, a sound or an embedded file; of a block of a kind that is not known here, the block itself. `undefined` for text and links. */
export function cargoOf(block: ContentBlock): Cargo | undefined {
  switch (block.type) {
    case 'text':
    case 'resource_link':
      return undefined;
    case 'image':
    case 'audio':
      return dataOf(block['data'], block['mimeType']);
    case 'resource':
      return isJsonObject(block['resource'])
        ? dataOf(block['resource']['blob'], block['resource']['mimeType'])
        : undefined;
    default: {
      const text = JSON.stringify(block);
      const content = (): Buffer => Buffer.from(text);
      return { bytes: Buffer.byteLength(text), extension: 'json', content };
    }
  }
}

function dataOf(data: unknown, mimeType: unknown): Cargo | undefined {
  if (typeof data !== 'string') return undefined;
  return {
    bytes: Buffer.byteLength(data, 'base64'),
    extension: extensionOf(mimeType),
    content: () => Buffer.from(data, 'base64'),
  };
}

/** `png` for `image/png`; a server's own words never make a path. */
function extensionOf(mimeType: unknown): string {
  const name = /^[a-z]+\/([a-z0-9]{1,8})$/iu.exec(typeof mimeType === 'string' ? mimeType : '');
  return name?.[1]?.toLowerCase() ?? 'bin';
}
