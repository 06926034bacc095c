import { describe, expect, test } from 'vitest';
import { Terminal } from '../../src/cli/terminal.ts';
import { turn } from '../support/turn.ts';
import { FakePipe, FakeTerminal } from './fake-terminal.ts';

async function onScreen(screen: FakeTerminal): Promise<Terminal> {
  const terminal = new Terminal({ ...screen.streams, env: {}, color: true });
  await terminal.prepareFrames();
  return terminal;
}

function piped(color = true): { terminal: Terminal; out: FakePipe; err: FakePipe } {
  const out = new FakePipe();
  const err = new FakePipe();
  return { terminal: new Terminal({ stdout: out, stderr: err, env: {}, color }), out, err };
}

describe('the live frame', () => {
  test('is drawn over by the next one', async () => {
    const screen = new FakeTerminal();
    const terminal = await onScreen(screen);
    terminal.frame(['one', 'two', 'three']);
    terminal.frame(['one', '2']);
    expect(screen.screen).toEqual(['one', '2']);
  });

  test('stays below what is written meanwhile', async () => {
    const screen = new FakeTerminal();
    const terminal = await onScreen(screen);
    terminal.frame(['running']);
    terminal.note('a note');
    terminal.result('a result\n');
    terminal.frame(['still running']);
    expect(screen.screen).toEqual(['a note', 'a result', 'still running']);
  });

  test('leaves nothing behind', async () => {
    const screen = new FakeTerminal();
    const terminal = await onScreen(screen);
    terminal.note('before');
    terminal.frame(['running', 'running']);
    terminal.frame(undefined);
    terminal.note('after');
    expect(screen.screen).toEqual(['before', 'after']);
  });

  test('cuts no line of a result in two: what is unfinished waits for the frame to end', async () => {
    const screen = new FakeTerminal();
    const terminal = await onScreen(screen);
    terminal.frame(['running']);
    terminal.result('first line\nsecond ');
    expect(screen.screen).toEqual(['first line', 'running']);
    terminal.result('line');
    terminal.frame(undefined);
    expect(screen.screen).toEqual(['first line', 'second line']);
  });

  test('does not begin in the middle of a line of a result', async () => {
    const screen = new FakeTerminal();
    const terminal = await onScreen(screen);
    terminal.result('open line');
    terminal.frame(['running']);
    expect(screen.screen).toEqual(['open line', 'running']);
    terminal.frame(undefined);
    terminal.result('goes on\n');
    expect(screen.screen).toEqual(['open line', 'goes on']);
  });

  test('hides the cursor while it stands, and only then', async () => {
    const screen = new FakeTerminal();
    const terminal = await onScreen(screen);
    expect(screen.cursorVisible).toBe(true);
    terminal.frame(['running']);
    expect(screen.cursorVisible).toBe(false);
    terminal.frame(undefined);
    expect(screen.cursorVisible).toBe(true);
  });

  test('gives the cursor back when the process ends in its middle', async () => {
    const screen = new FakeTerminal();
    const terminal = await onScreen(screen);
    terminal.frame(['running']);
    terminal.restoreCursor();
    expect(screen.cursorVisible).toBe(true);
  });

  test('survives a terminal that becomes narrow', async () => {
    const screen = new FakeTerminal({ columns: 60 });
    const terminal = await onScreen(screen);
    terminal.frame(['x'.repeat(59)]);
    screen.columns = 20;
    terminal.frame(['y'.repeat(19)]);
    terminal.frame(undefined);
    terminal.note('after');
    expect(screen.screen).toContain('after');
  });
});

describe('a question', () => {
  test('takes the frame away, shows the cursor, and puts the frame back behind the answer', async () => {
    const screen = new FakeTerminal();
    const terminal = await onScreen(screen);
    terminal.frame(['running']);
    const answered = terminal.ask('Run it? ');
    expect(screen.screen).toEqual(['Run it?']);
    expect(screen.cursorVisible).toBe(true);
    terminal.frame(['running on']);
    expect(screen.screen).toEqual(['Run it?']);
    answered('y');
    expect(screen.screen).toEqual(['Run it? y', 'running on']);
  });

  test('stays last when something is told meanwhile', async () => {
    const screen = new FakeTerminal();
    const terminal = await onScreen(screen);
    const answered = terminal.ask('Run it? ');
    terminal.note('a server failed');
    terminal.result('text of the model');
    expect(screen.screen).toEqual(['a server failed', 'Run it?']);
    answered('n');
    expect(screen.screen).toEqual(['a server failed', 'Run it? n', 'text of the model']);
  });
});

describe('results', () => {
  test('go to stdout, notes to stderr', () => {
    const { terminal, out, err } = piped();
    terminal.note('a note');
    terminal.result('a result');
    expect(out.text).toBe('a result');
    expect(err.text).toBe('a note\n');
  });

  test('of servers and models are made harmless on a terminal, and stay as they are elsewhere', async () => {
    const hostile = 'a\u001b[2Jb\r\nc';
    const screen = new FakeTerminal();
    (await onScreen(screen)).untrusted(hostile);
    expect(screen.screen).toEqual(['a\\x1b[2Jb', 'c']);
    const { terminal, out } = piped();
    terminal.untrusted(hostile);
    expect(out.text).toBe(hostile);
  });

  test('that nobody reads any more end quietly', async () => {
    const { terminal, out } = piped();
    let ended = 0;
    terminal.onOutputEnd(() => {
      ended += 1;
    });
    out.failWith('EPIPE');
    terminal.result('lost');
    await turn();
    terminal.result('lost, too');
    await terminal.flush();
    expect(terminal.outputClosed).toBe(true);
    expect(terminal.outputFailure).toBeUndefined();
    expect(ended).toBe(1);
  });

  test('that cannot be written for another reason are a failure', async () => {
    const { terminal, out } = piped();
    out.failWith('ENOSPC');
    terminal.result('lost');
    await turn();
    await terminal.flush();
    expect(terminal.outputClosed).toBe(false);
    expect(terminal.outputFailure).toMatchObject({ code: 'ENOSPC' });
  });

  test('as JSON are on one line, but indented for a person', async () => {
    const { terminal, out } = piped();
    terminal.json({ a: [1] });
    expect(out.text).toBe('{"a":[1]}\n');
    const screen = new FakeTerminal();
    (await onScreen(screen)).json({ a: [1] });
    expect(screen.screen).toEqual(['{', '  "a": [', '    1', '  ]', '}']);
  });
});

describe('colours', () => {
  const painted = (env: Record<string, string>, color: boolean): string => {
    const screen = new FakeTerminal();
    const terminal = new Terminal({ ...screen.streams, env, color });
    return terminal.err.bad('x') + terminal.out.good('x');
  };

  test('are there on a terminal', () => {
    expect(painted({ TERM: 'xterm' }, true)).toContain('\u001b[31m');
  });

  test.each([
    ['NO_COLOR', { NO_COLOR: '1' }, true],
    ['TERM=dumb', { TERM: 'dumb' }, true],
    ['--no-color', {}, false],
  ])('are off with %s', (_name, env, color) => {
    expect(painted(env, color)).toBe('xx');
  });

  test('are off in a pipe', () => {
    const { terminal } = piped();
    expect(terminal.err.bad('x') + terminal.out.good('x')).toBe('xx');
  });

  test('an empty NO_COLOR counts as not set', () => {
    expect(painted({ NO_COLOR: '' }, true)).toContain('\u001b[31m');
  });

  test('a dumb terminal gets no live view', () => {
    const screen = new FakeTerminal();
    expect(new Terminal({ ...screen.streams, env: { TERM: 'dumb' }, color: true }).canDraw).toBe(
      false,
    );
    expect(new Terminal({ ...screen.streams, env: {}, color: true }).canDraw).toBe(true);
  });
});
