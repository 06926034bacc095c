import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Roster, type Place } from '../../src/base/roster.ts';

test('a roster holds who came and did not leave, in order of arrival', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(20)), { maxLength: 60 }), (steps) => {
      const roster = new Roster<{ id: number }>();
      const places: Place<{ id: number }>[] = [];
      const model = new Set<number>();
      for (const leaves of steps) {
        if (leaves === null) {
          model.add(places.length);
          places.push(roster.add({ id: places.length }));
          continue;
        }
        const place = places[leaves];
        const hasLeft = place !== undefined && roster.remove(place);
        expect(hasLeft).toBe(model.delete(leaves));
      }
      expect([...roster].map(({ id }) => id)).toEqual([...model]);
      expect(roster.size).toBe(model.size);
      expect(roster.first?.value?.id).toBe([...model][0]);
    }),
  );
});

test('whoever leaves leads to nobody: those who come later can be collected young', () => {
  const roster = new Roster<object>();
  const places = Array.from({ length: 5 }, () => roster.add({}));
  for (const place of [2, 0, 4, 1, 3].flatMap((index) => places[index] ?? [])) {
    roster.remove(place);
    expect(place).toEqual({ value: undefined, previous: undefined, next: undefined });
  }
  expect(roster.first).toBeUndefined();
});

test('who comes or leaves while it is gone through changes nothing', () => {
  const roster = new Roster<{ id: number }>();
  const places = [1, 2, 3].map((id) => roster.add({ id }));
  const met: number[] = [];
  for (const { id } of roster) {
    met.push(id);
    for (const place of places) roster.remove(place);
    roster.add({ id: 9 });
  }
  expect(met).toEqual([1, 2, 3]);
});
