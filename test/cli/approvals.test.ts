import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { sleep } from '../../src/base/abort.ts';
import { createApprovals } from '../../src/cli/approvals.ts';
import { askKey } from '../../src/cli/ask.ts';
import type { Context } from '../../src/cli/context.ts';
import { Terminal } from '../../src/cli/terminal.ts';
import type { JsonObject } from '../../src/base/json.ts';
import type { ApprovalRequest } from '../../src/host/authority.ts';
import { eventually } from '../support/leaks.ts';
import { FakeKeyboard, FakeTerminal } from './fake-terminal.ts';

interface Desk {
  readonly screen: FakeTerminal;
  readonly keyboard: FakeKeyboard;
  readonly terminal: Terminal;
  readonly context: Context;
}

function desk(): Desk {
  const screen = new FakeTerminal({ columns: 400 });
  const keyboard = new FakeKeyboard();
  const terminal = new Terminal({ ...screen.streams, env: {}, color: false });
  const stdin = keyboard as unknown as NodeJS.ReadStream;
  // Approvals look at nothing else.
  const context = { terminal, stdin } as Context;
  return { screen, keyboard, terminal, context };
}

const request = (name: string, args: JsonObject = {}): ApprovalRequest => {
  return { id: 'call_1', name, server: 'desk', tool: 'set_value', arguments: args };
};
const NEVER = new AbortController().signal;
const QUESTION = /Run it\?.*\[n\]$/;

const asked = (screen: FakeTerminal): Promise<void> =>
  eventually('the question', () => QUESTION.test(screen.screen.at(-1) ?? ''));

describe('an approval', () => {
  test.each([
    ['y', true],
    ['Y', true],
    ['yes', true],
    ['Yes\r', true],
    ['always\r\n', true],
    ['n', false],
    ['no\n', false],
    ['\r', false],
    ['\u0004', false],
  ])('is given or refused with one key, or its word: %j', async (key, allowed) => {
    const { screen, keyboard, context } = desk();
    const answer = createApprovals(context)(request('desk__set_value'), NEVER);
    await asked(screen);
    expect(keyboard.isRaw).toBe(true);
    keyboard.write(key);
    expect(await answer).toBe(allowed);
    expect(keyboard.isRaw).toBe(false);
  });

  test('other keys, special keys and pasted text are no answer', async () => {
    const { screen, keyboard, context } = desk();
    const answer = createApprovals(context)(request('desk__set_value'), NEVER);
    await asked(screen);
    for (const typed of ['x', '\u001b[A', 'yesterday', 'yy', 'n\ry', ' ']) {
      keyboard.write(typed);
      await new Promise(setImmediate);
    }
    keyboard.write('n');
    expect(await answer).toBe(false);
  });

  test('what was typed before the question is no answer to it', async () => {
    const { screen, keyboard, context } = desk();
    keyboard.write('y');
    const answer = createApprovals(context)(request('desk__set_value'), NEVER);
    await asked(screen);
    keyboard.write('n');
    expect(await answer).toBe(false);
  });

  test('the rest of a word that was an answer is no answer to the next one', async () => {
    const { screen, keyboard, context } = desk();
    const approve = createApprovals(context);
    const first = approve(request('desk__one'), NEVER);
    const second = approve(request('desk__two'), NEVER);
    await asked(screen);
    keyboard.write('y');
    expect(await first).toBe(true);
    for (const key of ['e', 's', '\r']) {
      // As a person types: longer than what was typed ahead is dropped for, shorter than a pause.
      await sleep(80);
      keyboard.write(key);
    }
    await asked(screen);
    keyboard.write('y');
    expect(await second).toBe(true);
  });

  test('shows the exposed name and the arguments, made harmless', async () => {
    const { screen, keyboard, context } = desk();
    const args = { text: 'a\u001b[2Jb\u202ec' };
    const answer = createApprovals(context)(request('desk__set_value', args), NEVER);
    await asked(screen);
    const shown = screen.screen.join('\n');
    expect(shown).toContain('wants to call desk__set_value (set_value of server desk)');
    expect(shown).toContain('"text": "a\\u001b[2Jb\\u{202e}c"');
    keyboard.write('n');
    await answer;
  });

  test('counts what is left out of long arguments', async () => {
    const { screen, keyboard, context } = desk();
    const list = Array.from({ length: 100 }, (_, index) => index);
    const args = { text: 'x'.repeat(5_000), list };
    const answer = createApprovals(context)(request('desk__set_value', args), NEVER);
    await asked(screen);
    const shown = screen.screen.join('\n');
    expect(shown).toMatch(/… \(\d{4} more characters\)/);
    expect(shown).toMatch(/… \(89 more lines\)/);
    expect(screen.screen.length).toBeLessThan(30);
    keyboard.write('n');
    await answer;
  });

  test('is asked for one call at a time', async () => {
    const { screen, keyboard, context } = desk();
    const approve = createApprovals(context);
    const first = approve(request('desk__one'), NEVER);
    const second = approve(request('desk__two'), NEVER);
    await asked(screen);
    expect(screen.screen.join('\n')).not.toContain('desk__two');
    keyboard.write('y');
    expect(await first).toBe(true);
    await eventually('the second question', () => screen.screen.join('\n').includes('desk__two'));
    await asked(screen);
    keyboard.write('n');
    expect(await second).toBe(false);
  });

  test('for always covers the later calls of that tool, and of no other', async () => {
    const { screen, keyboard, context } = desk();
    const approve = createApprovals(context);
    const first = approve(request('desk__one'), NEVER);
    const same = approve(request('desk__one'), NEVER);
    const other = approve(request('desk__two'), NEVER);
    await asked(screen);
    keyboard.write('a');
    expect(await first).toBe(true);
    expect(await same).toBe(true);
    await eventually('the other question', () => screen.screen.join('\n').includes('desk__two'));
    await asked(screen);
    keyboard.write('n');
    expect(await other).toBe(false);
  });

  test('that nobody needs any more goes away as a no', async () => {
    const { screen, keyboard, context } = desk();
    const abort = new AbortController();
    const answer = createApprovals(context)(request('desk__one'), abort.signal);
    await asked(screen);
    abort.abort();
    expect(await answer).toBe(false);
    expect(keyboard.isRaw).toBe(false);
  });

  test('of which the input had ended before is a no', async () => {
    const { keyboard, context } = desk();
    keyboard.end();
    keyboard.resume();
    await once(keyboard, 'end');
    expect(await createApprovals(context)(request('desk__one'), NEVER)).toBe(false);
  });

  test('is a no when the terminal goes away', async () => {
    const { screen, keyboard, context } = desk();
    const answer = createApprovals(context)(request('desk__one'), NEVER);
    await asked(screen);
    keyboard.destroy(new Error('EIO'));
    expect(await answer).toBe(false);
  });

  test('at the end of the input is a no', async () => {
    const { screen, keyboard, context } = desk();
    const answer = createApprovals(context)(request('desk__one'), NEVER);
    await asked(screen);
    keyboard.end();
    expect(await answer).toBe(false);
  });
});

test('Ctrl-C at a question is the process’s own SIGINT', async () => {
  const { screen, keyboard, terminal } = desk();
  const stdin = keyboard as unknown as NodeJS.ReadStream;
  const abort = new AbortController();
  const onSignal = (): void => {
    abort.abort();
  };
  process.once('SIGINT', onSignal);
  const answer = askKey('Run it? [n] ', ['y'], { terminal, stdin, signal: abort.signal });
  await eventually('the question', () => screen.screen.at(-1) === 'Run it? [n]');
  keyboard.write('\u0003');
  expect(await answer).toBeUndefined();
  expect(abort.signal.aborted).toBe(true);
});

test('Ctrl-C counts from the moment the keyboard is taken, before the question stands', async () => {
  const { keyboard, screen, terminal } = desk();
  const stdin = keyboard as unknown as NodeJS.ReadStream;
  const abort = new AbortController();
  process.once('SIGINT', () => {
    abort.abort();
  });
  keyboard.write('\u0003');
  const answer = askKey('Run it? [n] ', ['y'], { terminal, stdin, signal: abort.signal });
  expect(await answer).toBeUndefined();
  expect(screen.screen).toEqual([]);
  expect(keyboard.isRaw).toBe(false);
});
