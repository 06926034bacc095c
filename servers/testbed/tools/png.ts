import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** One pixel, eight bits of grey. */
const HEADER = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
const PIXEL = Buffer.from([0, 0x80]);
/** A chunk without data: length, type, checksum. */
const EMPTY_CHUNK_BYTES = 12;

/** A PNG file of one pixel and a comment, of so many bytes or as few as it can have. */
export function pngOf(bytes: number): Buffer {
  const head = [SIGNATURE, chunk('IHDR', HEADER)];
  const tail = [chunk('IDAT', deflateSync(PIXEL)), chunk('IEND', Buffer.alloc(0))];
  const keyword = Buffer.from('Comment\0', 'latin1');
  const least = Buffer.concat([...head, ...tail]).length + EMPTY_CHUNK_BYTES + keyword.length;
  const comment = Buffer.alloc(Math.max(0, bytes - least), '.');
  return Buffer.concat([...head, chunk('tEXt', Buffer.concat([keyword, comment])), ...tail]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
