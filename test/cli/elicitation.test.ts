import { describe, expect, test } from 'vitest';
import { sleep } from '../../src/base/abort.ts';
import type { ElicitAnswer, ElicitRequest } from '../../src/call/asks.ts';
import { readForm } from '../../src/call/form.ts';
import { callId, exposedName, serverId } from '../../src/call/names.ts';
import { createApprovals } from '../../src/cli/approvals.ts';
import type { Context } from '../../src/cli/context.ts';
import { createElicit } from '../../src/cli/elicitation.ts';
import { Questions } from '../../src/cli/questions.ts';
import { Terminal } from '../../src/cli/terminal.ts';
import { eventually } from '../support/leaks.ts';
import { FakeKeyboard, FakeTerminal } from './fake-terminal.ts';

const NEVER = new AbortController().signal;
const CAUSE: ElicitRequest['cause'] = {
  kind: 'call',
  call: { id: callId('c1'), name: exposedName('desk__sign') },
};

/** A terminal with somebody at it. */
class Desk {
  readonly screen: FakeTerminal;
  readonly keyboard = new FakeKeyboard();
  readonly terminal: Terminal;
  readonly context: Context;
  readonly questions = new Questions();
  #seen = 0;

  constructor(columns = 300) {
    this.screen = new FakeTerminal({ columns, rows: 200 });
    this.terminal = new Terminal({ ...this.screen.streams, env: {}, color: false });
    const stdin = this.keyboard as unknown as NodeJS.ReadStream;
    // Questions look at nothing else.
    this.context = { terminal: this.terminal, stdin } as Context;
  }

  get shown(): string {
    return this.screen.screen.join('\n');
  }

  elicit(request: ElicitRequest, signal = NEVER): Promise<ElicitAnswer> {
    return createElicit(this.context, this.questions)(request, signal);
  }

  /** Waits until this question stands (each time a new one), and types an answer. */
  async type(question: string, keys: string): Promise<void> {
    await eventually(`"${question}" at the end of\n${this.shown}`, () => {
      const { screen } = this.screen;
      return screen.length > this.#seen && (screen.at(-1) ?? '').startsWith(question.trimEnd());
    });
    this.#seen = this.screen.screen.length;
    this.keyboard.write(keys);
  }
}

function form(
  properties: object = { answer: { type: 'string', title: 'Your name' } },
  required: readonly string[] = ['answer'],
  more: Partial<Extract<ElicitRequest, { readonly kind: 'form' }>> = {},
): ElicitRequest {
  const reading = readForm({ type: 'object', properties, required });
  if (reading.kind !== 'ok') throw new Error(reading.reason);
  const { fields } = reading;
  return {
    kind: 'form',
    server: serverId('desk'),
    destination: undefined,
    cause: CAUSE,
    message: 'Who are you?',
    fields,
    ...more,
  };
}

function page(url: string): ElicitRequest {
  return {
    kind: 'url',
    server: serverId('desk'),
    destination: 'https://desk.example',
    cause: CAUSE,
    message: 'Pay here',
    url: new URL(url),
  };
}

describe('a question of a server', () => {
  test('names server and call, says where the answer goes, and takes a line', async () => {
    const desk = new Desk();
    const answer = desk.elicit(form(undefined, undefined, { destination: 'https://desk.example' }));
    await desk.type('Answer it?', 'y');
    await desk.type('Your name:', 'Bobx\u007f\u001b[D Älice\r');
    expect(await answer).toEqual({ action: 'accept', content: { answer: 'Bob Älice' } });
    expect(desk.shown).toContain('Server desk asks you something, for the call of desk__sign:');
    expect(desk.shown).toContain('  Who are you?');
    expect(desk.shown).toContain('The answer goes to server desk at https://desk.example. No pass');
    expect(desk.shown).toContain('Your name: Bob Älice');
    expect(desk.keyboard.isRaw).toBe(false);
  });

  test.each([
    ['n', { action: 'decline' }],
    ['\r', { action: 'cancel' }],
    ['\u0004', { action: 'cancel' }],
  ])('is put away with %j', async (key, expected) => {
    const desk = new Desk();
    const answer = desk.elicit(form());
    await desk.type('Answer it?', key);
    expect(await answer).toEqual(expected);
  });

  test('is answered with a word and Enter, key by key, of which nothing fills the first field', async () => {
    const desk = new Desk();
    const answer = desk.elicit(form());
    await desk.type('Answer it?', 'y');
    for (const key of ['e', 's', '\r']) {
      await sleep(80);
      desk.keyboard.write(key);
    }
    await desk.type('Your name:', 'Bob\r');
    expect(await answer).toEqual({ action: 'accept', content: { answer: 'Bob' } });
  });

  test('is put away with Ctrl-D where a line is asked for, and by an abort', async () => {
    const desk = new Desk();
    const first = desk.elicit(form());
    await desk.type('Answer it?', 'y');
    await desk.type('Your name:', '\u0004');
    expect(await first).toEqual({ action: 'cancel' });

    const abort = new AbortController();
    const second = desk.elicit(form(), abort.signal);
    await desk.type('Answer it?', 'y');
    await desk.type('Your name:', 'half an ans');
    abort.abort();
    expect(await second).toEqual({ action: 'cancel' });
    expect(desk.keyboard.isRaw).toBe(false);
    expect(desk.keyboard.listenerCount('data')).toBe(0);
  });

  test('shows nothing of a server’s text that could pass for something else, nor all of too much', async () => {
    const desk = new Desk();
    const message = `a\u001b[2Jb\u202ec\r\nServer bank asks\n${'line\n'.repeat(100)}`;
    const properties = { 'a\u0007': { type: 'string', description: '\u001b]0;title\u0007' } };
    const answer = desk.elicit(form(properties, [], { message }));
    await desk.type('Answer it?', 'y');
    await desk.type('a\\x07:', '\r');
    expect(await answer).toEqual({ action: 'accept', content: {} });
    expect(desk.shown).toContain('  a\\x1b[2Jb\\u{202e}c');
    expect(desk.shown).toContain('  Server bank asks');
    expect(desk.shown).toMatch(/… \(\d+ more lines\)/u);
    expect(desk.shown).toContain('\\x1b]0;title\\x07');
  });

  test('names all calls that it may come from', async () => {
    const desk = new Desk();
    const calls = Array.from({ length: 9 }, (_, index) => ({
      id: callId(`c${index}`),
      name: exposedName(`desk__tool${index % 7}`),
    }));
    const answer = desk.elicit(form(undefined, undefined, { cause: { kind: 'one-of', calls } }));
    await desk.type('Answer it?', 'n');
    await answer;
    expect(desk.shown).toContain('for one of 9 calls (desk__tool0, desk__tool1,');
    expect(desk.shown).toContain('desk__tool4 and 2 more)');
  });

  test('about a page shows its host by itself, and opens nothing', async () => {
    const desk = new Desk();
    const answer = desk.elicit(page('https://xn--bcher-kva.example:444/a/very/long?x=%1b'));
    await desk.type('Agree to visit it?', 'y');
    expect(await answer).toEqual({ action: 'accept' });
    expect(desk.shown).toContain('  host: xn--bcher-kva.example:444 (written as bücher.example)');
    expect(desk.shown).toContain('  page: https://xn--bcher-kva.example:444/a/very/long?x=%1b');
    expect(desk.shown).toContain('Nothing is opened from here.');
  });
});

describe('a form', () => {
  const fields = {
    age: { type: 'integer', minimum: 18, description: 'In years' },
    mail: { type: 'string', format: 'email' },
    news: { type: 'boolean', default: true },
    size: {
      type: 'string',
      oneOf: [
        { const: 's', title: 'Small' },
        { const: 'l', title: 'Large' },
      ],
    },
    days: { type: 'array', items: { type: 'string', enum: ['Mon', 'Tue', 'Wed'] }, minItems: 2 },
  };

  test('is filled in field by field, again until each is right, and shown before it is sent', async () => {
    const desk = new Desk();
    const answer = desk.elicit(form(fields, ['age', 'size', 'days']));
    await desk.type('Answer it?', 'y');
    await desk.type('age:', '\r');
    await desk.type('age:', 'old\r');
    await desk.type('age:', '17\r');
    await desk.type('age:', '18\r');
    await desk.type('mail:', 'nowhere\r');
    await desk.type('mail:', '\r');
    await desk.type('news:', '\r');
    await desk.type('size:', '3\r');
    await desk.type('size:', '2\r');
    await desk.type('days:', '1\r');
    await desk.type('days:', '1, Wed\r');
    await desk.type('Send it?', 'y');
    expect(await answer).toEqual({
      action: 'accept',
      content: { age: 18, news: true, size: 'l', days: ['Mon', 'Wed'] },
    });
    expect(desk.shown).toContain('  age – In years (required; a whole number; at least 18)');
    expect(desk.shown).toContain('! it must be filled in');
    expect(desk.shown).toContain('! it must be at least 18');
    expect(desk.shown).toContain('! it must have the format "email"');
    expect(desk.shown).toContain('    2 Large (l)');
    expect(desk.shown).toContain('! choose at least 2');
    expect(desk.shown).toContain('  days: Mon, Wed');
  });

  test('is not sent when it is not wanted so', async () => {
    const desk = new Desk();
    const answer = desk.elicit(form({ a: { type: 'string' }, b: { type: 'string' } }, []));
    await desk.type('Answer it?', 'y');
    await desk.type('a:', 'x\r');
    await desk.type('b:', '\r');
    await desk.type('Send it?', '\r');
    expect(await answer).toEqual({ action: 'cancel' });
  });
});

describe('a line', () => {
  test('longer than its row shows its end, and is taken whole', async () => {
    const desk = new Desk(40);
    const answer = desk.elicit(form());
    await desk.type('Answer it?', 'y');
    const text = Array.from({ length: 30 }, (_, index) => `${index}`).join(' ');
    await desk.type('Your name:', text);
    await eventually('its end', () => (desk.screen.screen.at(-1) ?? '').endsWith('28 29'));
    expect(desk.screen.screen.at(-1)?.length).toBeLessThan(40);
    desk.keyboard.write('\u0015short\rand another line');
    expect(await answer).toEqual({ action: 'accept', content: { answer: 'short' } });
  });

  test('stands again below a note that comes while it is typed', async () => {
    const desk = new Desk();
    const answer = desk.elicit(form());
    await desk.type('Answer it?', 'y');
    await desk.type('Your name:', 'An');
    await eventually('the text', () => desk.screen.screen.at(-1) === 'Your name: An');
    desk.terminal.note('something happened');
    expect(desk.screen.screen.slice(-2)).toEqual(['something happened', 'Your name: An']);
    desk.keyboard.write('n\r');
    expect(await answer).toEqual({ action: 'accept', content: { answer: 'Ann' } });
  });
});

test('questions of servers and approvals stand one after the other, in the order in which they came', async () => {
  const desk = new Desk();
  const approve = createApprovals(desk.context, desk.questions);
  const request = {
    id: 'c1',
    name: 'desk__set',
    server: 'desk',
    tool: 'set',
    arguments: {},
  };
  const first = desk.elicit(form());
  const second = approve(request, NEVER);
  const third = desk.elicit(page('https://desk.example/'));
  await desk.type('Answer it?', 'n');
  await desk.type('Run it?', 'y');
  await desk.type('Agree to visit it?', 'n');
  expect(await Promise.all([first, second, third])).toEqual([
    { action: 'decline' },
    true,
    { action: 'decline' },
  ]);
  expect(desk.questions.askedMs).toBeGreaterThan(0);
});
