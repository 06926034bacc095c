import { util } from 'undici';
import { describe, expect, test } from 'vitest';
import { factsOf, rawFactsOf, rawHeader } from '../../src/connect/http-facts.ts';

function raw(...texts: readonly string[]): Buffer[] {
  return texts.map((text) => Buffer.from(text, 'latin1'));
}

describe('a header as it came over the wire', () => {
  test('is found whatever its case, and reads as a list where it was sent several times', () => {
    const headers = raw('X-Other-Name', 'a', 'Content-Type', 'text/plain', 'CONTENT-TYPE', 'grün');
    expect(rawHeader(headers, 'content-type')).toBe('text/plain, grün');
    expect(rawHeader(headers, 'content-typo')).toBeUndefined();
    expect(rawHeader([], 'content-type')).toBeUndefined();
  });

  test('says the same as in the record that undici makes of all', () => {
    const sheets = [
      raw('Content-Type', 'application/json; charset=utf-8', 'Retry-After', '7'),
      raw('location', '/there', 'LOCATION', '/elsewhere', 'retry-after', 'soon'),
      raw('__proto__', 'x', 'constructor', 'y', 'content-type', ''),
      raw(),
    ];
    for (const headers of sheets) {
      expect(rawFactsOf(200, headers)).toEqual(factsOf(200, util.parseHeaders(headers)));
    }
  });
});
