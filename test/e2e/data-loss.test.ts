import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { CallRecord } from '../../src/index.ts';
import { Workplace } from '../cli/workplace.ts';
import { MARKER } from '../support/leaks.ts';
import { verifies } from '../support/verifies.ts';

/*
 * The demonstration of the README, through the built command and two servers that nobody here wrote. Both read a file, change it, and write it back, without a
 * lock: a host that sends a model's calls all at once loses most of what it is told was done. No call fails: nobody is told.
 */

// Each run is two processes or three, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 });

const require = createRequire(import.meta.url);
const entry = (name: string): string =>
  join(dirname(require.resolve(`@modelcontextprotocol/${name}/package.json`)), 'dist/index.js');

const ENTITIES = 20;
const EDITS = 10;
/** How often a race is given the chance to be lost. */
const TRIES = 5;

/** A config with both servers, and a batch for each. */
function workplace(): Workplace {
  const place = new Workplace();
  const env = { [MARKER]: place.marker };
  place.config({
    memory: {
      command: process.execPath,
      args: [entry('server-memory')],
      env: { ...env, MEMORY_FILE_PATH: join(place.folder, 'graph.jsonl') },
    },
    files: {
      command: process.execPath,
      args: [entry('server-filesystem'), place.folder],
      env,
    },
  });
  const creations = Array.from({ length: ENTITIES }, (_, index) => ({
    name: 'memory__create_entities',
    arguments: { entities: [{ name: `e${index}`, entityType: 'thing', observations: [] }] },
  }));
  const path = join(place.folder, 'notes.txt');
  const edits = Array.from({ length: EDITS }, (_, index) => ({
    name: 'files__edit_file',
    arguments: { path, edits: [{ oldText: `line ${index}.`, newText: `edited ${index}.` }] },
  }));
  place.write('create.json', JSON.stringify(creations));
  place.write('edit.json', JSON.stringify(edits));
  reset(place);
  return place;
}

function reset(place: Workplace): void {
  place.write('graph.jsonl', '');
  place.write(
    'notes.txt',
    Array.from({ length: EDITS }, (_, index) => `line ${index}.\n`).join(''),
  );
}

/** Each command starts only the server that it needs. */
const only = (server: string): readonly string[] => ['--json', '--server', server];

/** Runs a batch; how many of its calls the servers acknowledged, and the rule that scheduled them. */
async function callBatch(
  place: Workplace,
  { server, file }: Batch,
  ...more: readonly string[]
): Promise<{ readonly acknowledged: number; readonly rules: readonly string[] }> {
  const batch = join(place.folder, file);
  const { stdout, stderr } = await place.run(['call', '--batch', batch, ...only(server), ...more]);
  if (stdout === '') throw new Error(stderr);
  const { results } = JSON.parse(stdout) as { readonly results: readonly CallRecord[] };
  return {
    acknowledged: results.filter(({ outcome }) => outcome.kind === 'ok').length,
    rules: [...new Set(results.map(({ accessRule }) => String(accessRule)))],
  };
}

function entitiesKept(place: Workplace): number {
  const lines = readFileSync(join(place.folder, 'graph.jsonl'), 'utf8').split('\n');
  return new Set(lines.filter((line) => line !== '')).size;
}

function editsKept(place: Workplace): number {
  return readFileSync(join(place.folder, 'notes.txt'), 'utf8').match(/edited/gu)?.length ?? 0;
}

/** What `tools` says that protects a batch's tool. */
async function ruleOf(place: Workplace, { server, tool }: Batch): Promise<unknown> {
  const { stdout } = await place.run(['tools', ...only(server)]);
  const { tools } = JSON.parse(stdout) as {
    readonly tools: readonly { readonly name: string; readonly accessRule: string }[];
  };
  return tools.find(({ name }) => name === `${server}__${tool}`)?.accessRule;
}

interface Batch {
  readonly server: string;
  readonly tool: string;
  readonly file: string;
  readonly calls: number;
  readonly kept: (place: Workplace) => number;
}

const CREATIONS: Batch = {
  server: 'memory',
  tool: 'create_entities',
  file: 'create.json',
  calls: ENTITIES,
  kept: entitiesKept,
};
const EDITINGS: Batch = {
  server: 'files',
  tool: 'edit_file',
  file: 'edit.json',
  calls: EDITS,
  kept: editsKept,
};

describe.each([CREATIONS, EDITINGS])('$calls calls of $tool at once', (batch) => {
  verifies(
    'batch:no-lost-write',
    'are all kept by `call --batch`, by an annotation of the server’s own',
    async () => {
      await using place = workplace();
      const { acknowledged, rules } = await callBatch(place, batch);
      expect(acknowledged).toBe(batch.calls);
      expect(batch.kept(place)).toBe(batch.calls);
      expect(rules).toEqual(['annotation:readOnlyHint']);
      expect(await ruleOf(place, batch)).toBe('annotation:readOnlyHint');
    },
  );

  test('are lost, and all acknowledged, with `--parallel always`, as a naive host would send them', async () => {
    await using place = workplace();
    // A race: on some day, on some machine, all may come through. Not several times in a row.
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      reset(place);
      const { acknowledged, rules } = await callBatch(place, batch, '--parallel', 'always');
      expect(rules).toEqual(['config:parallel=always']);
      if (batch.kept(place) < acknowledged) return;
    }
    throw new Error(`nothing was lost in ${TRIES} tries`);
  });
});
