import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { eventually, MARKER } from '../support/leaks.ts';
import { textOf } from '../support/raw-host.ts';
import { verifies } from '../support/verifies.ts';
import { MAIN, Workplace } from '../cli/workplace.ts';
import { besideAFault, hostile } from './beside-a-fault.ts';
import { MeetingPoint } from './meeting-point.ts';

const elsewhere = 'http://127.0.0.1:9';
const MIB = 1_024 * 1_024;
const TEXTS = Array.from({ length: 20 }, (_, index) => `call ${index}`);
const HEALTHY = TEXTS.flatMap((text) => ['healthy__echo', JSON.stringify({ text })]);

/** A command over a healthy server and one that waits at the meeting point: with `deaf`, to every request to end. */
function place(meeting: MeetingPoint, options: object = {}): Workplace {
  const workplace = new Workplace();
  const stage = { meet: meeting.url, elsewhere };
  const env = { [MARKER]: workplace.marker };
  return workplace.config({
    healthy: hostile(stage, {}, { env }),
    faulty: hostile(stage, { ...options, door: 'wrapper' }, { env }),
  });
}

interface TraceLine {
  readonly kind?: string;
}

/** The lines of a trace, the last one of which may be torn. */
function traceOf(workplace: Workplace): readonly TraceLine[] {
  const lines = readFileSync(join(workplace.folder, 't.jsonl'), 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as TraceLine);
}

const ended = (workplace: Workplace): number =>
  traceOf(workplace).filter(({ kind }) => kind === 'call-end').length;

describe('a host that is ended beside a call that hangs', () => {
  test.each([
    ['V-69: SIGTERM', ['SIGTERM'], 130],
    ['V-69: SIGHUP', ['SIGHUP'], 130],
    ['V-69: SIGINT twice', ['SIGINT', 'SIGINT'], 130],
    ['V-69: SIGKILL', ['SIGKILL'], null],
  ] as const)(
    'by %s leaves no process, and a trace that is whole up to its last line',
    async (_, signals, code) => {
      await using meeting = await MeetingPoint.start();
      await using workplace = place(meeting, { deaf: true });
      const running = workplace.start([
        'call',
        ...HEALTHY,
        'faulty__late',
        '{}',
        '--trace',
        't.jsonl',
      ]);
      await meeting.arrived('fault');
      await eventually('the end of the twenty calls', () => ended(workplace) >= TEXTS.length);
      for (const [index, name] of signals.entries()) {
        running.child.kill(name);
        const wasHeard = index === signals.length - 1;
        if (!wasHeard) {
          await eventually('the first signal', () => running.stderr().includes('interrupted'));
        }
      }
      const finished = await running.finished;
      expect(finished.code).toBe(code);
      expect(finished.stderr).not.toContain('\u001b');
      // The watchdog takes its time: one second for each word that is not heard.
      await workplace.gone();
      expect(ended(workplace)).toBeGreaterThanOrEqual(TEXTS.length);
    },
  );
});

describe('a trace that cannot be written', () => {
  test.each([
    ['V-71: on a full disk', '/dev/full'],
    ['V-71: into a file that is taken away', 't.jsonl'],
  ])('%s costs no call', async (_, path) => {
    await using meeting = await MeetingPoint.start();
    await using workplace = place(meeting);
    const running = workplace.start(['call', ...HEALTHY, 'faulty__late', '{}', '--trace', path]);
    await meeting.arrived('fault');
    rmSync(join(workplace.folder, 't.jsonl'), { force: true });
    meeting.open('fault');
    const { code, stdout, stderr } = await running.finished;
    for (const text of [...TEXTS, 'late']) expect(stdout).toContain(text);
    expect(stderr.match(/the trace ends here/g) ?? []).toHaveLength(path === '/dev/full' ? 1 : 0);
    expect(code).toBe(0);
  });

  test.each([
    ['V-71: a folder', '/tmp'],
    ['V-71: a folder that is not there', 'none/t.jsonl'],
    ['V-71: a place where nobody may write', '/sys/kernel/t.jsonl'],
  ])('to %s is told before anything is started', async (_, path) => {
    await using meeting = await MeetingPoint.start();
    await using workplace = place(meeting);
    const { code, stderr } = await workplace.run(['call', ...HEALTHY, '--trace', path]);
    expect(stderr).toContain(`cannot write the trace ${path}`);
    expect(code).toBe(2);
  });
});

describe('a system that has too little of something', () => {
  test.skipIf(process.platform !== 'linux')(
    'V-72: files: the servers that need them are told of and come later, the others work',
    async () => {
      await using meeting = await MeetingPoint.start();
      const stage = { meet: meeting.url, elsewhere };
      const names = Array.from({ length: 12 }, (_, index) => `s${index}`);
      const servers = Object.fromEntries(
        names.map((name) => [name, hostile(stage, {}, { start: 'lazy' })]),
      );
      const script = fileURLToPath(new URL('./fixtures/short-of-files.mjs', import.meta.url));
      const { stdout } = await promisify(execFile)(process.execPath, [
        script,
        JSON.stringify({ healthy: hostile(stage), ...servers }),
      ]);
      const { answers, states } = JSON.parse(stdout) as {
        readonly answers: readonly string[];
        readonly states: readonly (readonly [string, string])[];
      };
      expect(answers).toEqual(TEXTS);
      expect(states[0]).toEqual(['ready', '']);
      const failed = states.filter(([kind]) => kind === 'failed');
      expect(failed.length).toBeGreaterThan(0);
      for (const [, reason] of failed) expect(reason).toContain('EMFILE');
    },
  );

  test.skipIf(process.platform !== 'linux')(
    'V-72: files, already when the command starts its first server: the command says so',
    async () => {
      await using workplace = new Workplace();
      workplace.config({ desk: workplace.desk() });
      // How many files Node itself needs depends on its version: from plenty down to too few.
      let finished: { readonly code?: number; readonly stderr: string } = { stderr: '' };
      for (let files = 40; files >= 18 && (finished.code ?? 0) === 0; files -= 2) {
        const command = `ulimit -n ${files}; exec '${process.execPath}' '${MAIN}' tools --live --config mcp.config.json`;
        finished = await promisify(execFile)('bash', ['-c', command], {
          cwd: workplace.folder,
          env: workplace.env(),
        }).catch((reason: unknown) => reason as { readonly code: number; readonly stderr: string });
      }
      expect(finished.stderr).toMatch(/EMFILE|too many open files/);
      expect(finished.code).toBeGreaterThan(0);
    },
  );

  test('V-72: memory: twenty calls need little of it', async () => {
    await using meeting = await MeetingPoint.start();
    await using workplace = place(meeting);
    meeting.open('fault');
    const { code, stdout } = await workplace.run(['call', ...HEALTHY, 'faulty__late', '{}'], {
      env: { NODE_OPTIONS: '--max-old-space-size=64' },
    });
    for (const text of TEXTS) expect(stdout).toContain(text);
    expect(code).toBe(0);
  });
});

describe('a clock that jumps', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  for (const hours of [1, -1]) {
    verifies(
      'siblings:healthy-beside-fault',
      `V-73: a jump of ${hours} h beside a call under way ends no call, and holds none back`,
      () =>
        besideAFault({
          rows: ['V-73'],
          title: '',
          servers: (stage) => ({
            faulty: hostile(stage, {}, { timeouts: { attemptMs: 60_000 } }),
          }),
          strike: (scene) => scene.call('late'),
          lasts: async (scene) => {
            await scene.meeting.arrived('fault');
            vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + hours * 3_600_000 });
          },
          check: (record) => {
            expect(textOf(record.outcome)).toBe('late');
            const { endedMs, queuedMs } = record;
            expect(endedMs - queuedMs).toBeGreaterThanOrEqual(0);
            expect(endedMs - queuedMs).toBeLessThan(60_000);
          },
        }),
    );
  }
});

describe('the memory of the command', () => {
  // What the process ever had, in KiB, on the last line of stderr.
  const measured = {
    NODE_OPTIONS: `--import ${JSON.stringify(
      "data:text/javascript,process.on('exit',()=>process.stderr.write('maxRSS='+process.resourceUsage().maxRSS+'\\n'))",
    )}`,
  };
  const megabytes = (stderr: string): number =>
    Number(/maxRSS=(\d+)/.exec(stderr)?.[1] ?? Number.NaN) / 1_024;

  test.each([
    ['II-32: an answer of fifty megabytes', 'text', { unit: 'x', times: 50 * MIB }, {}, 600],
    [
      'II-21: an answer far over the limit',
      'text',
      { unit: 'x', times: 100 * MIB },
      { maxMessageBytes: 10 * MIB },
      300,
    ],
    ['II-21: a line without an end', 'endless-line', {}, { maxMessageBytes: 10 * MIB }, 300],
    ['II-21: a million parts', 'many-parts', { count: 1_000_000 }, {}, 400],
  ] as const)('%s stays bounded', async (...[, tool, args, limits, most]) => {
    await using meeting = await MeetingPoint.start();
    const workplace = new Workplace();
    await using _workplace = workplace;
    const env = { [MARKER]: workplace.marker };
    workplace.config(
      { faulty: hostile({ meet: meeting.url, elsewhere }, {}, { env }) },
      { limits },
    );
    const words = ['call', `faulty__${tool}`, JSON.stringify(args)];
    const { stdout, stderr } = await workplace.run(words, { env: measured });
    expect(stdout).toMatch(/^# faulty__/);
    expect(megabytes(stderr)).toBeLessThan(most);
  });
});
