import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importsOf } from './support/imports.ts';

/*
 * The house rules that no linter knows: which folder may import which (the table stands in ARCHITECTURE.md, and nowhere else), who may import a vendor's
 * package, how long a file may be, no default exports, no barrels. Each rule has a planted offence that it must catch.
 */

const ROOT = join(import.meta.dirname, '..');
const MAX_LINES = 300;

/** Paths with `/`, relative to the repository, and their text. */
type Files = ReadonlyMap<string, string>;

async function read(folder: string): Promise<Files> {
  const names = await readdir(join(ROOT, folder), { recursive: true });
  const paths = names
    .filter((name) => name.endsWith('.ts'))
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')));
  return new Map(
    await Promise.all(
      paths.map(async (path) => [path, await readFile(join(ROOT, path), 'utf8')] as const),
    ),
  );
}

// The layers

/** What a layer may import: `types` only its types. */
type Layers = ReadonlyMap<string, ReadonlyMap<string, 'all' | 'types'>>;

/** The table of ARCHITECTURE.md: `base: –`, `links: config call base`, `model: config(types) call base`, `host: all above`, `cli: everything`. */
function parseLayers(document: string): Layers {
  const [, table = ''] = /^Allowed imports.*?\n([\s\S]*?)\n(?=[^`]|$)/mu.exec(document) ?? [];
  const entries = [...table.matchAll(/`([a-z]+): ([^`]+)`/gu)].map(
    ([, layer = '', allowed = '']) => ({ layer, allowed }),
  );
  const names = entries.map(({ layer }) => layer);
  return new Map(
    entries.map(({ layer, allowed }, index) => {
      if (allowed === '–') return [layer, new Map()];
      if (allowed === 'everything')
        return [layer, new Map(names.map((name) => [name, 'all'] as const))];
      if (allowed === 'all above')
        return [layer, new Map(names.slice(0, index).map((name) => [name, 'all'] as const))];
      const list = allowed.split(' ').map((word): [string, 'all' | 'types'] => {
        const [, name = '', types] = /^([a-z]+)(\(types\))?$/u.exec(word) ?? [];
        return [name, types === undefined ? 'all' : 'types'];
      });
      return [layer, new Map(list)];
    }),
  );
}

const layerOf = (path: string): string =>
  path === 'src/index.ts' ? 'index' : (path.split('/')[1] ?? '');

function layerFaults(files: Files, layers: Layers): readonly string[] {
  const faults: string[] = [];
  for (const [path, text] of files) {
    const layer = layerOf(path);
    const allowed = layers.get(layer);
    if (allowed === undefined && layer !== 'index') {
      faults.push(`${path}: the folder is not in the table of ARCHITECTURE.md`);
      continue;
    }
    for (const { specifier, typeOnly } of importsOf(text)) {
      if (!specifier.startsWith('.')) continue;
      const target = posix.join(posix.dirname(path), specifier);
      if (!target.startsWith('src/')) {
        if (!target.endsWith('.json')) faults.push(`${path} imports ${target}, outside src`);
        continue;
      }
      const other = layerOf(target);
      const may =
        layer === 'index'
          ? other === 'cli'
            ? undefined
            : 'all'
          : other === layer
            ? 'all'
            : allowed?.get(other);
      if (may === undefined) faults.push(`${path} (${layer}) imports ${target} (${other})`);
      else if (may === 'types' && !typeOnly)
        faults.push(`${path} (${layer}) imports more than types of ${target}`);
    }
  }
  return faults;
}

// The vendors

/** Who may import what: packages by the beginning of their name. */
const VENDORS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^@modelcontextprotocol\/client(\/|$)/u, ['src/connect/']],
  [/^@modelcontextprotocol\/(server|sdk|node)(\/|$)/u, ['src/gateway/', 'servers/']],
  [/^openai(\/|$)/u, ['src/model/']],
  [/^pino(-|\/|$)/u, ['src/record/']],
  [/^@opentelemetry\//u, ['src/record/']],
];

function vendorFaults(files: Files): readonly string[] {
  return [...files].flatMap(([path, text]) =>
    importsOf(text).flatMap(({ specifier }) => {
      const owners = VENDORS.find(([vendor]) => vendor.test(specifier))?.[1];
      const stranger =
        owners === undefined
          ? specifier.startsWith('@modelcontextprotocol/')
          : !owners.some((owner) => path.startsWith(owner));
      return stranger ? [`${path} imports ${specifier}`] : [];
    }),
  );
}

/** Bundled servers are separate programs; what several of them need alike is in servers/shared, which knows none of them. */
function serverFaults(files: Files): readonly string[] {
  return [...files].flatMap(([path, text]) => {
    const own = path.split('/').slice(0, 2).join('/');
    return importsOf(text).flatMap(({ specifier }) => {
      if (!specifier.startsWith('.')) return [];
      const target = posix.join(posix.dirname(path), specifier);
      const isNear = target.startsWith(`${own}/`) || target.startsWith('servers/shared/');
      return isNear ? [] : [`${path} imports ${target}`];
    });
  });
}

// The files

function fileFaults(files: Files): readonly string[] {
  return [...files].flatMap(([path, text]) => {
    const lines = text.split('\n').length - 1;
    const faults: string[] = [];
    if (lines > MAX_LINES) faults.push(`${path} has ${lines} lines`);
    if (/^export\s+default\b/mu.test(text) || /\bas default\b/u.test(text))
      faults.push(`${path} has a default export`);
    if (path === 'src/index.ts') return faults;
    if (path.endsWith('/index.ts')) faults.push(`${path} is named like a barrel`);
    if (importsOf(text).some(({ exported }) => exported))
      faults.push(`${path} exports what another file has`);
    return faults;
  });
}

const SAMPLE = `
Allowed imports:
\`base: –\` · \`call: base\` · \`config: call base\` · \`links: config call base\` ·
\`model: config(types) base\` · \`host: all above\` · \`cli: everything\`.
Folders are layers.
`;

const layers = parseLayers(await readFile(join(ROOT, 'ARCHITECTURE.md'), 'utf8'));
const src = await read('src');
const servers = await read('servers');

describe('the table of layers', () => {
  test('is read from ARCHITECTURE.md', () => {
    expect(layers.get('base')?.size).toBe(0);
    expect([...(layers.get('links')?.keys() ?? [])].toSorted()).toEqual(['base', 'call', 'config']);
    expect([...(layers.get('host')?.keys() ?? [])]).toContain('batch');
    expect(layers.get('cli')?.get('host')).toBe('all');
  });

  test('has no circles: what a layer may import may not import it', () => {
    const circles = [...layers].flatMap(([layer, allowed]) =>
      [...allowed.keys()].filter(
        (other) => other !== layer && layers.get(other)?.has(layer) === true,
      ),
    );
    expect(circles).toEqual([]);
  });

  test('may allow nothing, a list, only types, all above, or everything', () => {
    expect(parseLayers(SAMPLE).get('base')).toEqual(new Map());
    expect(parseLayers(SAMPLE).get('model')).toEqual(
      new Map([
        ['config', 'types'],
        ['base', 'all'],
      ]),
    );
    expect([...(parseLayers(SAMPLE).get('host')?.keys() ?? [])]).toEqual([
      'base',
      'call',
      'config',
      'links',
      'model',
    ]);
    expect(parseLayers(SAMPLE).get('cli')?.size).toBe(7);
  });
});

describe('the source', () => {
  test('is there', () => {
    expect(src.size).toBeGreaterThan(60);
    expect(servers.size).toBeGreaterThan(5);
    expect(importsOf(src.get('src/batch/pipeline.ts') ?? '').length).toBeGreaterThan(10);
  });

  test('imports downwards only', () => {
    expect(layerFaults(src, layers)).toEqual([]);
  });

  test('lets one folder alone know each vendor', () => {
    expect(vendorFaults(new Map([...src, ...servers]))).toEqual([]);
  });

  test('keeps the bundled servers apart from the host and from each other', () => {
    expect(serverFaults(servers)).toEqual([]);
  });

  test('has short files with named exports, and no barrels', () => {
    expect(fileFaults(src)).toEqual([]);
  });
});

describe('a planted offence is caught', () => {
  const sample = parseLayers(SAMPLE);
  const plant = (path: string, text: string): Files => new Map([[path, text]]);

  test.each([
    ['an upward import', 'src/base/x.ts', "import { run } from '../batch/run-batch.ts';"],
    [
      'an upward import of a type',
      'src/links/x.ts',
      "import type { BatchRun } from '../batch/batch-run.ts';",
    ],
    [
      'one over several lines',
      'src/call/x.ts',
      "import {\n  one,\n  two,\n} from '../links/retry.ts';",
    ],
    ['an export of another layer', 'src/base/x.ts', "export { x } from '../call/call.ts';"],
    ['a bare import', 'src/base/x.ts', "import '../call/call.ts';"],
    ['a dynamic import', 'src/base/x.ts', "const x = await import('../call/call.ts');"],
    ['more than types', 'src/model/x.ts', "import { type A, b } from '../config/load.ts';"],
    ['a bundled server', 'src/cli/x.ts', "import { x } from '../../servers/customers/server.ts';"],
    ['the command line from the library', 'src/index.ts', "export { x } from './cli/program.ts';"],
    ['an unknown folder', 'src/utils/x.ts', 'export const x = 1;'],
  ])('%s', (_what, path, text) => {
    expect(layerFaults(plant(path, text), sample)).toHaveLength(1);
  });

  test.each([
    ['its own layer', 'src/links/x.ts', "import { retry } from './retry.ts';"],
    ['a lower one', 'src/links/x.ts', "import { Call } from '../call/call.ts';"],
    [
      'types where types are allowed',
      'src/model/x.ts',
      "import { type A, type B } from '../config/load.ts';\nimport type { C } from '../config/check.ts';",
    ],
    [
      'a comment',
      'src/base/x.ts',
      "// import { x } from '../batch/x.ts';\n/*\nimport { y } from '../batch/y.ts';\n*/",
    ],
  ])('but not %s', (_what, path, text) => {
    expect(layerFaults(plant(path, text), sample)).toEqual([]);
  });

  test.each([
    ['src/host/x.ts', "import { Client } from '@modelcontextprotocol/client';"],
    ['src/connect/x.ts', "import { McpServer } from '@modelcontextprotocol/server';"],
    ['src/connect/x.ts', "import { x } from '@modelcontextprotocol/sdk/client/index.js';"],
    ['servers/x/y.ts', "import { Client } from '@modelcontextprotocol/client';"],
    ['src/agent/x.ts', "import type OpenAI from 'openai';"],
    ['src/host/x.ts', "import { pino } from 'pino';"],
    ['src/host/x.ts', "import { x } from '@modelcontextprotocol/something-new';"],
  ])('a vendor in the wrong house: %s', (path, text) => {
    expect(vendorFaults(plant(path, text))).toHaveLength(1);
  });

  test('a server that imports the host, or another server', () => {
    const files = plant(
      'servers/one/x.ts',
      "import { a } from '../../src/base/json.ts';\nimport { b } from '../two/y.ts';\nimport { c } from './z.ts';\nimport { d } from '../shared/s.ts';",
    );
    expect(serverFaults(files)).toHaveLength(2);
    const upwards = plant('servers/shared/s.ts', "import { x } from '../one/x.ts';");
    expect(serverFaults(upwards)).toHaveLength(1);
  });

  test.each([
    ['a long file', 'src/base/x.ts', '\n'.repeat(301)],
    ['a default export', 'src/base/x.ts', 'export default 1;'],
    ['a renamed default export', 'src/base/x.ts', 'const x = 1;\nexport { x as default };'],
    ['a barrel', 'src/base/x.ts', "export { json } from './json.ts';"],
    ['a star', 'src/base/x.ts', "export * from './json.ts';"],
    ['a file named like a barrel', 'src/base/index.ts', 'export const x = 1;'],
  ])('%s', (_what, path, text) => {
    expect(fileFaults(plant(path, text))).toHaveLength(1);
  });
});
