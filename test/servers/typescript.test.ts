import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROJECT } from './typescript-project.ts';
import { ERAS, openSession, type Session } from './typescript-session.ts';
import { type Scratch, scratch } from './workspace-session.ts';

describe.each(ERAS)('in the %s era', (era) => {
  let folder: Scratch;
  let session: Session;

  beforeAll(async () => {
    folder = await scratch(PROJECT);
    session = await openSession(folder.root, { era });
  });

  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test('all tools are declared as reads, with schemas and descriptions', async () => {
    expect(session.client.getProtocolEra()).toBe(era);
    const { tools } = await session.client.listTools();
    expect(tools.map((tool) => tool.name)).toEqual([
      'type_of',
      'find_references',
      'find_definition',
      'diagnostics',
    ]);
    for (const tool of tools) {
      expect(tool.annotations).toMatchObject({ readOnlyHint: true, openWorldHint: false });
      expect(tool.outputSchema).toMatchObject({ type: 'object' });
      const properties = Object.values(tool.inputSchema.properties ?? {}) as {
        description?: string;
      }[];
      expect(properties.every(({ description }) => (description ?? '') !== '')).toBe(true);
    }
  });

  test('a type and its uses, asked for in one batch by name', async () => {
    const [type, uses] = await Promise.all([
      session.call('type_of', { symbol: 'collect' }),
      session.call('find_references', { symbol: 'collect' }),
    ]);
    expect(type.text).toBe(
      'const collect: <T, R = T>(items: readonly T[], pick: (item: T) => R) => R[]\n' +
        '  const collect, src/format.ts:13:14\n' +
        '  Picks something of each item.',
    );
    expect(type.data).toEqual({
      symbols: [
        {
          name: 'collect',
          kind: 'const',
          path: 'src/format.ts',
          line: 13,
          column: 14,
          type: 'const collect: <T, R = T>(items: readonly T[], pick: (item: T) => R) => R[]',
          documentation: 'Picks something of each item.',
        },
      ],
    });
    expect(uses.text).toBe(
      [
        'const collect, src/format.ts:13:14',
        '  Called in 2 places:',
        "    src/uses.ts:13:15: const typed = collect<string, number>(['a'], (text) => text.length);",
        '    src/uses.ts:26:12 in Report.lines: return collect(this.shapes, format);',
        '  Other references (5):',
        '    src/format.ts:3:45 comment: * @returns {string} for people, see {@link collect}',
        '    src/format.ts:13:14 definition: export const collect = <T, R = T>(items: readonly T[], pick: (item: T) => R): R[] => {',
        "    src/index.ts:1:33 export: export { format as formatValue, collect } from './format.js';",
        '    src/uses.ts:4:3 import: collect,',
        '    src/uses.ts:18:40 comment: /** Not called here, but named: {@link collect}. */',
      ].join('\n'),
    );
    expect(uses.data['symbols']).toMatchObject([
      {
        name: 'collect',
        calls: 2,
        references: 7,
        called_in: [
          {
            path: 'src/uses.ts',
            places: [
              { line: 13, column: 15 },
              { line: 26, column: 12, in: 'Report.lines' },
            ],
          },
        ],
      },
    ]);
  });
});

describe('what it knows of the project', () => {
  let folder: Scratch;
  let session: Session;

  beforeAll(async () => {
    folder = await scratch(PROJECT);
    session = await openSession(folder.root);
  });

  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const typeOf = async (args: object) => (await session.call('type_of', args)).text;

  /** The references as `file:line:column kind`, calls first. */
  const referencesTo = async (args: object): Promise<string[]> => {
    const { data } = await session.call('find_references', args);
    type Files = {
      path: string;
      places: { line: number; column: number; kind?: string }[];
    }[];
    const [symbol] = data['symbols'] as { called_in: Files; other_references: Files }[];
    return [...(symbol?.called_in ?? []), ...(symbol?.other_references ?? [])].flatMap(
      ({ path, places }) =>
        places.map(({ line, column, kind = 'call' }) => `${path}:${line}:${column} ${kind}`),
    );
  };

  test('type_of gives the overloads of a function, without the implementation that nobody can call', async () => {
    expect(await typeOf({ symbol: 'format' })).toMatch(
      /^function format\(value: string\): string\nfunction format\(value: number, digits\?: number\): string\n {2}function format, src/,
    );
  });

  test('type_of shows the members of interfaces, classes and enums', async () => {
    expect(await typeOf({ symbol: 'Shape' })).toContain('area(scale: number): number;');
    expect(await typeOf({ symbol: 'Circle' })).toContain('static unit(): Circle;');
    expect(await typeOf({ symbol: 'Unit' })).toContain('Foot = 7');
    expect(await typeOf({ symbol: 'Size' })).toContain('readonly exact: number;');
  });

  test('type_of at a call gives the overload that is called there, and where it is declared', async () => {
    const { text, data } = await session.call('type_of', {
      path: 'src/uses.ts',
      line: 9,
      column: 16,
    });
    expect(text).toContain('function format(value: number, digits?: number): string');
    expect(data['symbols']).toMatchObject([
      { name: 'formatValue', declared_at: expect.stringMatching(/^src\/format\.ts:/) as unknown },
    ]);
    const inLine = { path: 'src/uses.ts', line: 10, symbol: 'formatValue' };
    expect(await typeOf(inLine)).toContain('function format(value: string): string');
    // The only name that this line declares.
    expect(await typeOf({ path: 'src/uses.ts', line: 8 })).toMatch(/^const circle: Circle\n/);
  });

  test('type_of and find_references take private members and members of a class by name', async () => {
    const expected = '(property) Circle.#radius: number';
    for (const symbol of ['#radius', 'radius', 'Circle.#radius', '`Circle.radius`']) {
      expect((await typeOf({ symbol })).split('\n')[0]).toBe(expected);
    }
    expect(await referencesTo({ symbol: 'Circle#area()' })).toContain('src/uses.ts:22:72 call');
  });

  test('find_references tells calls, elements, imports, exports, declarations and uses apart', async () => {
    expect(await referencesTo({ symbol: 'format' })).toEqual([
      'src/panel.tsx:9:19 call',
      'src/uses.ts:9:16 call',
      'src/uses.ts:10:17 call',
      'src/uses.ts:25:38 call',
      'src/format.ts:5:17 definition',
      'src/format.ts:6:17 definition',
      'src/format.ts:7:17 definition',
      'src/index.ts:1:10 export',
      'src/index.ts:1:20 export',
      'src/panel.tsx:1:10 import',
      'src/uses.ts:1:25 import',
      'src/uses.ts:11:21 use',
      'src/uses.ts:11:47 use',
      'src/uses.ts:15:17 use',
    ]);
    expect(await referencesTo({ symbol: 'tag' })).toEqual([
      'src/uses.ts:14:16 call',
      'src/format.ts:18:17 definition',
      'src/uses.ts:5:3 import',
      'src/uses.ts:15:30 use',
    ]);
    expect(await referencesTo({ symbol: 'Panel' })).toEqual([
      'src/panel.tsx:9:6 call',
      'src/panel.tsx:10:6 call',
      'src/panel.tsx:3:17 definition',
      'src/panel.tsx:10:24 use',
    ]);
    expect((await referencesTo({ symbol: 'Circle' })).slice(0, 2)).toEqual([
      'src/shapes.ts:23:16 call',
      'src/uses.ts:8:20 call',
    ]);
  });

  test('a member of several classes is one symbol where the compiler takes it as one', async () => {
    expect(await referencesTo({ symbol: 'area' })).toEqual([
      'src/uses.ts:22:72 call',
      'src/uses.ts:25:56 call',
      'src/shapes.ts:7:3 definition',
      'src/shapes.ts:18:3 declaration',
      'src/shapes.ts:30:3 declaration',
      'src/uses.ts:20:56 declaration',
    ]);
    const { text } = await session.call('type_of', { symbol: 'area' });
    for (const one of ['Shape.area', 'Circle.area', 'Square.area']) expect(text).toContain(one);
    const narrow = await session.call('type_of', { symbol: 'area', path: 'src/shapes.ts' });
    expect(narrow.data['symbols']).toHaveLength(3);
  });

  test('of a function and a variable in a function with one name the function is meant, and the other is named', async () => {
    const { text } = await session.call('find_definition', { symbol: 'format' });
    expect(text).toContain(
      '[Another format declared inside a function is not shown (src/uses.ts:25). To ask for it: path "src/uses.ts", line 25, column 11.]',
    );
    expect(text).not.toContain('shape.area(2)');
    const inner = await session.call('find_definition', {
      path: 'src/uses.ts',
      line: 25,
      column: 11,
    });
    expect(inner.text).toContain('format = (shape: Shape) => formatValue(shape.area(2))');
    const narrowed = await session.call('find_definition', {
      symbol: 'format',
      path: 'src/uses.ts',
    });
    expect(narrowed.text).toBe(inner.text);
  });

  test('find_definition goes through imports and re-exports to the code', async () => {
    const { text, data } = await session.call('find_definition', {
      path: 'src/panel.tsx',
      line: 9,
      symbol: 'formatValue',
    });
    expect(text).toMatch(/^function format, src\/format\.ts:5:17\n/);
    expect(data['elsewhere']).toEqual([]);
    const byName = await session.call('find_definition', { symbol: 'Square' });
    expect(byName.data['definitions']).toEqual([
      {
        name: 'Square',
        kind: 'class',
        path: 'src/shapes.ts',
        line: 27,
        column: 14,
        code: expect.stringMatching(/^export class Square [^]*\n}$/) as unknown,
      },
    ]);
  });

  test('what packages and TypeScript define is named, and not shown', async () => {
    const greet = { path: 'src/shapes.ts', line: 1, symbol: 'greet' };
    expect(await session.call('find_definition', greet)).toMatchObject({
      text: 'Defined outside the project, in node_modules/greeting/index.d.ts',
      data: { definitions: [], elsewhere: ['node_modules/greeting/index.d.ts'] },
    });
    const pi = await session.call('find_definition', {
      path: 'src/shapes.ts',
      line: 19,
      symbol: 'PI',
    });
    expect(pi.data['elsewhere']).toEqual(['lib.es5.d.ts of TypeScript itself']);
    const uses = await session.call('find_references', greet);
    expect(uses.text).toContain("src/shapes.ts:11:19: readonly name = greet('circle');");
    expect(uses.text).toContain('1 more outside the project, such as in packages');
    const unknown = await session.call('type_of', { symbol: 'greet', path: 'src/uses.ts' });
    expect(unknown.isError).toBe(true);
  });

  test('diagnostics are none for a sound project, and name a file that no tsconfig.json includes', async () => {
    expect(await session.call('diagnostics', {})).toMatchObject({
      text: 'No errors in 6 files.',
      data: { errors: 0, warnings: 0, files_checked: 6, problems: [], truncated: false },
    });
    const folderOnly = await session.call('diagnostics', { path: 'src' });
    expect(folderOnly.text).toBe('No errors in 6 files.');
    const loose = await session.call('diagnostics', { path: 'scripts/loose.ts' });
    expect(loose.data['notes']).toEqual([
      "scripts/loose.ts is in no tsconfig.json: it was checked with the compiler's default options.",
    ]);
  });

  test.each([
    [
      { symbol: 'colect' },
      'There is no symbol "colect" in the project. The nearest: collect (src/format.ts:13)',
    ],
    [{ symbol: 'Formatvalue' }, 'The nearest: formatValue (src/index.ts:1)'],
    [{ symbol: 'xyzzy' }, 'No name in it is similar'],
    [{ symbol: 'Square.radius' }, 'Circle.#radius (src/shapes.ts:12)'],
    [
      { symbol: 'Circle', path: 'src/uses.ts' },
      'no symbol "Circle" in "src/uses.ts", but there is in src/shapes.ts:10',
    ],
    [{ symbol: 'the format function' }, 'is no name'],
    [{ symbol: '' }, 'is no name'],
    [{ symbol: 'x'.repeat(301) }, 'longer than 300'],
    [{}, 'Give symbol'],
    [{ path: 'src/uses.ts' }, 'Give symbol'],
    [{ line: 3 }, 'needs the path'],
    [{ path: 'src/uses.ts', column: 3 }, 'needs a line'],
    [{ path: 'src/uses.ts', line: 900 }, 'has only 31 lines'],
    [{ path: 'src/uses.ts', line: 7 }, 'Which name in line 7?'],
    [
      { path: 'src/uses.ts', line: 9, column: 90 },
      'no name at column 90 of line 9, which is "const called = formatValue(1);"',
    ],
    [{ path: 'src/uses.ts', line: 9, symbol: 'tag' }, 'Line 9 has no "tag"'],
    [{ path: 'src/uses.ts', line: 9, column: 2 }, 'no type for "const"'],
  ])('%j is refused with what would be right', async (args, why) => {
    const { isError, text } = await session.call('type_of', args);
    expect(text).toContain(why);
    expect(isError).toBe(true);
  });

  test('an argument that the schema does not know is named, not ignored', async () => {
    const { isError, text } = await session.call('type_of', { name: 'format' });
    expect(isError).toBe(true);
    expect(text).toContain('"name"');
  });

  test('forty calls at once are each answered for what they asked', async () => {
    const names = ['Shape', 'Circle', 'Square', 'Unit', 'Size', 'tag', 'Panel', 'Report'];
    const calls = Array.from({ length: 40 }, async (_, at) => {
      const symbol = names[at % names.length];
      const { data } = await session.call('type_of', { symbol });
      return [symbol, (data['symbols'] as { name: string }[])[0]?.name];
    });
    for (const [asked, answered] of await Promise.all(calls)) expect(answered).toBe(asked);
  });
});
