import { expect, test } from 'vitest';
import { HostError } from '../../src/base/errors.ts';
import { Concessions } from '../../src/model/concessions.ts';

type Name = 'field' | 'other' | 'part' | 'piece';

const KINDS = { field: 'field', other: 'field', part: 'content', piece: 'content' } as const;

function refused(status: number): HostError {
  return new HostError('model', `refused with ${String(status)}`, { details: { status } });
}

/** An endpoint that refuses what it minds; tells what it was asked with. */
function endpoint(minds: readonly Name[], status = 400) {
  const asked: string[] = [];
  const ask = (kept: ReadonlySet<Name>): Promise<string> => {
    asked.push([...kept].join(' '));
    return minds.some((name) => kept.has(name))
      ? Promise.reject(refused(status))
      : Promise.resolve('answer');
  };
  return { asked, ask };
}

test('what an endpoint takes is asked with all of it, in a fixed order', async () => {
  const { asked, ask } = endpoint([]);
  const concessions = new Concessions<Name>(KINDS);
  await expect(concessions.ask(['piece', 'field'], ask)).resolves.toBe('answer');
  expect(asked).toEqual(['field piece']);
});

test('what it minds is given up, one after the other, and left out from then on', async () => {
  const { asked, ask } = endpoint(['part']);
  const concessions = new Concessions<Name>(KINDS);
  await concessions.ask(['field', 'part', 'piece'], ask);
  await concessions.ask(['field', 'part', 'piece'], ask);
  expect(asked).toEqual(['field part piece', 'part piece', 'piece', 'piece']);
});

test('a field that was taken once is not given up for a part of the conversation', async () => {
  const { asked, ask } = endpoint(['piece']);
  const concessions = new Concessions<Name>(KINDS);
  await concessions.ask(['field'], ask);
  await concessions.ask(['field', 'piece'], ask);
  expect(asked).toEqual(['field', 'field piece', 'field']);
});

test('a part of the conversation is given up though another one of its kind was taken', async () => {
  const { asked, ask } = endpoint([]);
  const concessions = new Concessions<Name>(KINDS);
  await concessions.ask(['piece'], ask);
  const later = endpoint(['piece'], 413);
  await concessions.ask(['piece'], later.ask);
  expect([asked, later.asked]).toEqual([['piece'], ['piece', '']]);
});

test('when nothing helps, the last refusal counts, and nothing is left out for good', async () => {
  const concessions = new Concessions<Name>(KINDS);
  let attempts = 0;
  const failing = concessions.ask(['field', 'part'], () => {
    attempts += 1;
    return Promise.reject(refused(attempts === 3 ? 422 : 400));
  });
  await expect(failing).rejects.toMatchObject({ details: { status: 422 } });
  const { asked, ask } = endpoint([]);
  await concessions.ask(['field', 'part'], ask);
  expect(asked).toEqual(['field part']);
});

test.each([
  ['another status', refused(401), 1],
  ['a status that is about the conversation only', refused(404), 2],
  ['no status', new HostError('model', 'unreachable'), 1],
  ['an abort', new HostError('aborted', 'Ctrl-C'), 1],
  ['a defect', new TypeError('x'), 1],
])('%s is no refusal of a field', async (_, reason, times) => {
  let attempts = 0;
  const failing = new Concessions<Name>(KINDS).ask(['field', 'part'], () => {
    attempts += 1;
    return Promise.reject(reason);
  });
  await expect(failing).rejects.toBe(reason);
  expect(attempts).toBe(times);
});
