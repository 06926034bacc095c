import { describe, expect, test } from 'vitest';
import { SseReader } from '../../src/connect/sse-reader.ts';
import { heapGrowth } from '../support/garbage.ts';

/** What is heard of a stream whose bytes come in these chunks. */
function heard(...chunks: readonly Uint8Array[]): readonly unknown[] {
  const told: unknown[] = [];
  const reader = new SseReader(1_000_000, {
    onevent: (data, type) => told.push([type, data]),
    onid: (id) => told.push(['id', id]),
    onretry: (ms) => told.push(['retry', ms]),
  });
  for (const chunk of chunks) reader.accept(Buffer.from(chunk));
  return told;
}

const STREAM = Buffer.from(
  [
    '\uFEFF: a comment\r\n',
    'id: 1\r\nevent: message\r\ndata: {"a":\r\ndata: 1}\r\n\r\n',
    'data:no space\n\n',
    'data:  two spaces\r\r',
    'event: ping\rdata: x\n\n',
    'retry: 250\nretry: soon\n',
    'id: grün\ndata: 漢字\n\n',
    'event: forgotten\n\n',
    'data\n\n',
    '\uFEFFdata: a mark is one only at the beginning\n\n',
    'unknown: field\nid: 3\n\n',
    'id: bad\0id\ndata: last\n\n',
    'data: never ended\n',
  ].join(''),
);
const TOLD = [
  ['id', '1'],
  ['message', '{"a":\n1}'],
  ['message', 'no space'],
  ['message', ' two spaces'],
  ['ping', 'x'],
  ['retry', 250],
  ['id', 'grün'],
  ['message', '漢字'],
  ['id', '3'],
  ['message', 'last'],
];

describe('an event stream', () => {
  test('is read by the rules of HTML, whatever its line ends', () => {
    expect(heard(STREAM)).toEqual(TOLD);
  });

  test('may be cut anywhere, in the middle of a character too', () => {
    for (let at = 0; at <= STREAM.length; at += 1) {
      expect(heard(STREAM.subarray(0, at), STREAM.subarray(at)), `cut at ${at}`).toEqual(TOLD);
    }
    expect(heard(...Array.from(STREAM, (byte) => Uint8Array.of(byte)))).toEqual(TOLD);
  });

  test('costs not much more than it holds, also when a line comes byte by byte', () => {
    const told: string[] = [];
    const onevent = (data: string): number => told.push(data);
    const reader = new SseReader(1_000_000, {
      onevent,
      onid: () => undefined,
      onretry: () => undefined,
    });
    const written = '0123456789'.repeat(30_000);
    reader.accept(Buffer.from('data:'));
    const grown = heapGrowth(() => {
      for (const character of written) reader.accept(Buffer.from(character));
    });
    expect(grown).toBeLessThan(10_000_000);
    reader.accept(Buffer.from('\n\n'));
    expect(told).toEqual([written]);
  });
});
