import { inflateSync } from 'node:zlib';

/** How many pixels of each colour, as `#rrggbb`, a PNG has: of those that browsers write, eight bits a channel and not interlaced. */
export function coloursOf(png: Buffer): ReadonlyMap<string, number> {
  const parts: Buffer[] = [];
  let [width, height, channels] = [0, 0, 0];
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') {
      width = data.readUInt32BE(0);
      height = data.readUInt32BE(4);
      const [depth, kind, , , interlaced] = data.subarray(8);
      if (depth !== 8 || interlaced !== 0) throw new Error('not such a PNG');
      channels = kind === 6 ? 4 : 3;
    }
    if (type === 'IDAT') parts.push(data);
    at += 12 + length;
  }
  const pixels = unfiltered(inflateSync(Buffer.concat(parts)), width * channels, channels);
  const counts = new Map<string, number>();
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const colour = `#${pixels.toString('hex', pixel * channels, pixel * channels + 3)}`;
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  return counts;
}

/** Source: PNG specification, section 9. */
function unfiltered(raw: Buffer, stride: number, channels: number): Buffer {
  const rows = raw.length / (stride + 1);
  const out = Buffer.alloc(rows * stride);
  for (let row = 0; row < rows; row += 1) {
    const filter = raw[row * (stride + 1)]!;
    for (let x = 0; x < stride; x += 1) {
      const at = row * stride + x;
      const left = x >= channels ? out[at - channels]! : 0;
      const up = row > 0 ? out[at - stride]! : 0;
      const corner = row > 0 && x >= channels ? out[at - stride - channels]! : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter]!;
      out[at] = raw[row * (stride + 1) + 1 + x]! + guess;
    }
  }
  return out;
}

function paeth(left: number, up: number, corner: number): number {
  const base = left + up - corner;
  const [a, b, c] = [Math.abs(base - left), Math.abs(base - up), Math.abs(base - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}
