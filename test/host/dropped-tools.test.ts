import { expect, test } from 'vitest';
import type { ServerNotice } from '../../src/call/events.ts';
import { serverId } from '../../src/call/names.ts';
import { tellDropped } from '../../src/host/dropped-tools.ts';

test('a tool that is left out is told of once for each reason and server', () => {
  const told: ServerNotice[] = [];
  const onDropped = tellDropped((notice) => told.push(notice));
  const [a, b] = [serverId('a'), serverId('b')];
  for (const reason of ['taken by x', 'taken by x', 'taken by y']) onDropped(a, 'get', reason);
  onDropped(b, 'get', 'taken by x');
  expect(told.map(({ code, message }) => [code, message])).toEqual([
    ['tool-dropped', 'server "a": tool "get" is left out: taken by x'],
    ['tool-dropped', 'server "a": tool "get" is left out: taken by y'],
    ['tool-dropped', 'server "b": tool "get" is left out: taken by x'],
  ]);
});
