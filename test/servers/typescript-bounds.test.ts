import { expect, test } from 'vitest';
import { PROJECT } from './typescript-project.ts';
import { openSession } from './typescript-session.ts';
import { scratch } from './workspace-session.ts';

test('many references are cut with a note, calls first, and the whole number is told', async () => {
  const uses = Array.from({ length: 150 }, (_, at) => `export const t${at} = [tag, tag\`\`];`);
  await using folder = await scratch({
    ...PROJECT,
    'src/many.ts': `import { tag } from './format.js';\n${uses.join('\n')}\n`,
  });
  await using session = await openSession(folder.root);
  const { text, data } = await session.call('find_references', { symbol: 'tag' });
  expect(data).toMatchObject({ truncated: true, symbols: [{ calls: 151, references: 305 }] });
  expect(text).toContain('Called in 151 places:');
  expect(text).toContain('… 51 more');
  expect(text).toContain('[205 more: narrow with path, or raise max_results.]');
  expect(text.match(/many\.ts/g)).toHaveLength(100);
  const all = await session.call('find_references', { symbol: 'tag', max_results: 1000 });
  expect(all.data).toMatchObject({ truncated: false });
  const few = await session.call('find_references', { symbol: 'tag', max_results: 1 });
  expect(few.text.match(/many\.ts/g)).toHaveLength(1);
});

test('many symbols of one name are answered for in part, and the rest is counted', async () => {
  const classes = Array.from(
    { length: 20 },
    (_, at) => `export class C${at} { run(): ${at} { return ${at}; } }`,
  );
  await using folder = await scratch({ ...PROJECT, 'src/many.ts': classes.join('\n') });
  await using session = await openSession(folder.root);
  const { data, text } = await session.call('type_of', { symbol: 'run' });
  expect(data['symbols']).toHaveLength(8);
  expect(text).toContain(
    '[12 more symbols of this name: narrow with path, or with a name such as Class.run.]',
  );
  const one = await session.call('type_of', { symbol: 'C17.run' });
  expect(one.text).toMatch(/^\(method\) C17\.run\(\): 17\n/);
});

test('of members besides a function of their name only the numbers are told', async () => {
  await using folder = await scratch({
    ...PROJECT,
    'src/many.ts': `export function run() {}\nexport class Job { run() { run(); } }\nnew Job().run();\nnew Job().run();\n`,
  });
  await using session = await openSession(folder.root);
  const { text, data } = await session.call('find_references', { symbol: 'run' });
  expect(text).toBe(
    [
      'function run, src/many.ts:1:17',
      '  Called in 1 place:',
      '    src/many.ts:2:28 in Job.run: export class Job { run() { run(); } }',
      '  Other references (1):',
      '    src/many.ts:1:17 definition: export function run() {}',
      '',
      'Of the same name, not shown (ask for one as Class.name):',
      '  method Job.run, src/many.ts:2:20: 2 calls, 3 references',
    ].join('\n'),
  );
  expect(data['namesakes']).toMatchObject([{ container: 'Job', calls: 2, references: 3 }]);
});

test('long types, comments, lines and definitions are cut', async () => {
  const members = Array.from({ length: 400 }, (_, at) => `  readonly member${at}: 'value ${at}';`);
  await using folder = await scratch({
    ...PROJECT,
    'src/long.ts': [
      `/** ${'word '.repeat(2000)} */`,
      'export interface Long {',
      ...members,
      '}',
      `export const wide = '${'x'.repeat(5000)}'; export declare const end: Long;`,
    ].join('\n'),
  });
  await using session = await openSession(folder.root);
  const type = await session.call('type_of', { symbol: 'Long' });
  expect(type.text.length).toBeLessThan(6000);
  const code = await session.call('find_definition', { symbol: 'Long' });
  expect(code.text).toContain('… 372 more lines');
  expect(code.text.length).toBeLessThan(3500);
  const uses = await session.call('find_references', { symbol: 'Long' });
  expect(uses.text).toContain('end: Long;');
  expect(uses.text.length).toBeLessThan(1000);
});

test('many errors are cut with a note, and the whole number is told', async () => {
  const lines = Array.from({ length: 250 }, (_, at) => `export const e${at}: string = ${at};`);
  await using folder = await scratch({ ...PROJECT, 'src/many.ts': lines.join('\n') });
  await using session = await openSession(folder.root);
  const { data, text } = await session.call('diagnostics', {});
  expect(data).toMatchObject({ errors: 250, truncated: true });
  expect(data['problems']).toHaveLength(100);
  expect(text).toContain('[150 more: narrow with path, or raise max_results.]');
});

test('columns count UTF-16 units, as the compiler does, and a byte order mark does not count', async () => {
  const line = 'export const größe = 1; /* 😀 */ export const danach = größe;';
  const column = line.lastIndexOf('größe') + 1;
  const name = 'src/ümläut 😀.ts';
  await using folder = await scratch({ ...PROJECT, [name]: `\uFEFF${line}\r\n` });
  await using session = await openSession(folder.root);
  const { text } = await session.call('find_references', { symbol: 'größe' });
  expect(text).toContain(`${name}:1:14 definition`);
  expect(text).toContain(`${name}:1:${column} use`);
  const at = await session.call('type_of', { path: name, line: 1, column });
  expect(at.text).toContain('const größe: 1');
});
