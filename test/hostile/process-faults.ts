import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { eventually } from '../support/leaks.ts';
import { rawEntry, rawTools, textOf } from '../support/raw-host.ts';
import { fault, hostile, type Fault, type Row, type Scene } from './beside-a-fault.ts';

const evil: Row['servers'] = (stage) => ({ faulty: hostile(stage) });
const numberIn = async (scene: Scene, tool: string): Promise<number> =>
  Number(textOf((await scene.call(tool)).outcome));

function closing(tool: 'close-stdout' | 'close-stdin'): Row {
  return {
    rows: ['V-68'],
    title: `a server that lives on with one pipe closed (${tool}) is ended, and is back`,
    servers: () => ({
      faulty: rawEntry('good', { tools: rawTools('echo', tool) }, { parallel: 'always' }),
    }),
    strike: async (scene) => {
      const call = scene.call(tool);
      // Only a write can tell that nobody reads.
      const writing = setInterval(() => {
        if (tool === 'close-stdin') void scene.call('echo', { text: 'x' });
      }, 20);
      const record = await call;
      clearInterval(writing);
      return record;
    },
    check: ({ outcome }) => {
      expect(outcome).toMatchObject({ kind: 'failed', code: 'connection-lost' });
      expect(textOf(outcome)).toContain(`closed its ${tool.slice('close-'.length)}`);
    },
  };
}

const SIGNALS: readonly Row[] = [
  {
    rows: ['B1-18', 'V-67'],
    title: 'a server that is stopped times out, and answers again when it goes on',
    servers: (stage) => ({ faulty: hostile(stage, {}, { timeouts: { attemptMs: 3_000 } }) }),
    strike: async (scene) => {
      const pid = await numberIn(scene, 'pid');
      process.kill(pid, 'SIGSTOP');
      const record = await scene.call('echo', { text: 'x' });
      stopped.set(scene, pid);
      return record;
    },
    lasts: (_, struck) => struck,
    check: async ({ outcome }, scene) => {
      expect(outcome).toMatchObject({ kind: 'timeout', code: 'attemptMs', ran: 'unknown' });
      expect(scene.state().kind).toBe('ready');
      process.kill(stopped.get(scene) ?? 0, 'SIGCONT');
    },
  },
  {
    rows: ['B1-18', 'V-67'],
    title: 'a server that is stopped for good is ended with the host',
    servers: (stage) => ({ faulty: hostile(stage, {}, { timeouts: { attemptMs: 3_000 } }) }),
    strike: async (scene) => {
      process.kill(await numberIn(scene, 'pid'), 'SIGSTOP');
      return scene.call('echo', { text: 'x' });
    },
    lasts: (_, struck) => struck,
    check: ({ outcome }) => expect(outcome.kind).toBe('timeout'),
    recovers: false,
  },
  {
    rows: ['V-68'],
    title: 'a server that is killed is known to be, and is back with the next call',
    servers: evil,
    strike: async (scene) => {
      const pid = await numberIn(scene, 'pid');
      const call = scene.call('late');
      await scene.meeting.arrived('fault');
      process.kill(pid, 'SIGKILL');
      return call;
    },
    check: ({ outcome }) => {
      expect(outcome).toMatchObject({ code: 'connection-lost', ran: 'unknown' });
      expect(textOf(outcome)).toContain('killed by SIGKILL');
    },
  },
  {
    rows: ['V-68'],
    title: 'a server whose wrapper is killed is ended with it, and both are back',
    servers: (stage) => ({ faulty: hostile(stage, { door: 'wrapper' }) }),
    strike: async (scene) => {
      const pid = await numberIn(scene, 'pid');
      const call = scene.call('late');
      await scene.meeting.arrived('fault');
      process.kill(parentOf(pid), 'SIGKILL');
      const record = await call;
      await eventually('the end of the server itself', () => !scene.raw.processes().includes(pid));
      return record;
    },
    check: ({ outcome }) => {
      expect(outcome).toMatchObject({ code: 'connection-lost', ran: 'unknown' });
    },
  },
  {
    rows: ['V-68'],
    title: 'a server behind a wrapper that is killed is lost with its pipes, and both are back',
    servers: (stage) => ({ faulty: hostile(stage, { door: 'wrapper' }) }),
    strike: async (scene) => {
      const pid = await numberIn(scene, 'pid');
      const call = scene.call('late');
      await scene.meeting.arrived('fault');
      process.kill(pid, 'SIGKILL');
      return call;
    },
    check: ({ outcome }) => {
      expect(outcome).toMatchObject({ code: 'connection-lost', ran: 'unknown' });
    },
  },
  {
    rows: ['V-68', 'B1-20'],
    title:
      'a child of a server that is killed costs nobody anything, and another goes with the host',
    servers: evil,
    strike: async (scene) => {
      const first = await numberIn(scene, 'start-child');
      await numberIn(scene, 'start-child');
      process.kill(first, 'SIGKILL');
      return scene.call('echo', { text: 'x' });
    },
    check: ({ outcome }) => expect(textOf(outcome)).toBe('x'),
  },
  closing('close-stdout'),
  closing('close-stdin'),
];

const stopped = new WeakMap<Scene, number>();

const PIPES: readonly Row<unknown>[] = [
  {
    rows: ['B1-22'],
    title:
      'calls of a server that no longer reads all end with their time, also those that wait to be sent',
    servers: (stage) => ({
      faulty: hostile(stage, {}, { timeouts: { attemptMs: 3_000 }, parallel: 'always' }),
    }),
    strike: async (scene) => {
      await scene.call('stop-reading');
      const text = 'z'.repeat(100_000);
      const calls = Array.from({ length: 15 }, () => ({
        name: 'faulty__echo',
        arguments: { text },
      }));
      return scene.raw.host.runBatch(calls);
    },
    lasts: (_, struck) => struck,
    check: (records) => {
      const kinds = (records as Awaited<ReturnType<Scene['raw']['host']['runBatch']>>).map(
        ({ outcome }) => outcome.kind,
      );
      expect(kinds).toEqual(Array.from({ length: 15 }, () => 'timeout'));
    },
    recovers: false,
  },
  {
    rows: ['B1-19'],
    title: 'servers that ignore the end of stdin and SIGTERM are ended, all at once',
    servers: (stage) => ({
      faulty: hostile(stage, { deaf: true }),
      wrapped: hostile(stage, { door: 'wrapper', deaf: true }),
      ...Object.fromEntries(
        Array.from({ length: 5 }, (_, index) => [`more${index}`, hostile(stage, { deaf: true })]),
      ),
    }),
    strike: (scene) => scene.call('echo', { text: 'x' }),
    check: async (_, scene) => {
      const started = performance.now();
      await scene.raw.host.close();
      // A second for stdin, one for SIGTERM: one after the other they would take fourteen.
      expect(performance.now() - started).toBeLessThan(12_000);
      expect(scene.raw.processes()).toEqual([]);
    },
    recovers: false,
  },
];

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0]);
}

/** What the system does to the processes of servers, and to their pipes. */
export const PROCESS_FAULTS: readonly Fault[] = [...SIGNALS.map(fault), ...PIPES.map(fault)];
