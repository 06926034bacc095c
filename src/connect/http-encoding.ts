import { PassThrough, pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { HostError } from '../base/errors.ts';

/** What `decompress` undoes, for `Accept-Encoding`. */
export const ACCEPTED_ENCODINGS = 'gzip, deflate, br';

/** Whether a body with this `Content-Encoding` is other than it reads. */
export function isCompressed(encoding: string | undefined): boolean {
  return encodingsIn(encoding).length > 0;
}

/** The body as it was before it was compressed for the way. Throws `protocol` for an encoding that was not asked for. */
export function decompress(body: Readable, encoding: string | undefined): Readable {
  const stages = encodingsIn(encoding).map(decoder);
  if (stages.length === 0) return body;
  if (stages.length > 2)
    throw new HostError('protocol', 'the answer is compressed more than twice');
  const last = new PassThrough();
  // The error, if any, arrives at whoever reads the last stage.
  pipeline([body, ...stages.toReversed(), last], () => undefined);
  return last;
}

function encodingsIn(encoding: string | undefined): readonly string[] {
  if (encoding === undefined) return [];
  return encoding
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
}

function decoder(encoding: string): Transform {
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      throw new HostError(
        'protocol',
        `the answer has the content encoding "${encoding}", which was not asked for`,
      );
  }
}
