import { describe, expect, test } from 'vitest';
import { ToolWindow } from '../../src/host/tool-window.ts';
import { FakeBatch, fakeCall } from '../support/fake-batch.ts';
import { fakeTool } from '../support/fake-tools.ts';
import { rawEntry, rawHost, textOf } from '../support/raw-host.ts';
import { message, scriptedEndpoint } from '../support/scripted-endpoint.ts';

/** 300 tools that differ by a number, and one that speaks of pelicans. */
const many = [
  ...Array.from({ length: 300 }, (_, index) => ({
    name: `lookup_${index}`,
    description: `Looks up entry number ${index}`,
    inputSchema: { type: 'object' },
  })),
  { name: 'echo', description: 'Counts pelicans on a beach', inputSchema: { type: 'object' } },
];

describe('a catalogue larger than an endpoint takes', () => {
  test('the model gets a ranked part, finds the rest, and calls what it found', async () => {
    await using endpoint = await scriptedEndpoint([
      message({
        calls: [{ id: 'search', name: 'search_tools', arguments: { query: 'pelicans' } }],
      }),
      message({ calls: [{ id: 'count', name: 'big__echo', arguments: { text: 'twelve' } }] }),
      message({ text: 'Twelve.' }),
    ]);
    await using raw = await rawHost(
      { big: rawEntry('good', { tools: many }) },
      { options: { env: { ...process.env, OPENAI_BASE_URL: endpoint.url } } },
    );
    const result = await raw.host.run('look up entry number 7', { policy: { allow: ['*'] } });
    expect(result).toMatchObject({ answer: 'Twelve.', stopReason: 'stop' });
    expect(result.turns[0]?.calls[0]).toMatchObject({
      server: 'mcp-fanout',
      tool: 'search_tools',
      outcome: { kind: 'ok' },
    });
    expect(textOf(result.turns[1]?.calls[0]?.outcome ?? { kind: '' })).toBe('twelve');
    const offered = endpoint.requests.map(({ body }) =>
      (body.tools ?? []).map((tool) => tool.function.name),
    );
    const [first = [], second = []] = offered;
    expect(first.length).toBeLessThanOrEqual(128);
    expect(first).toContain('search_tools');
    expect(first).toContain('big__lookup_7');
    expect(first).not.toContain('big__echo');
    // What was there before stands where it stood: an endpoint's prompt cache keeps it.
    expect(second.slice(0, first.length)).toEqual(first);
    expect(second).toContain('big__echo');
    expect(second.length).toBeLessThanOrEqual(128);
  });

  test('a search that finds nothing says so, and bad arguments are answered like any tool’s', async () => {
    await using endpoint = await scriptedEndpoint([
      message({
        calls: [
          { name: 'search_tools', arguments: { query: 'xylophone quartet' } },
          { name: 'search_tools', arguments: {} },
        ],
      }),
      message({ text: 'ok' }),
    ]);
    await using raw = await rawHost(
      { big: rawEntry('good', { tools: many }) },
      { options: { env: { ...process.env, OPENAI_BASE_URL: endpoint.url } } },
    );
    const { turns } = await raw.host.run('go');
    expect(turns[0]?.calls.map(({ outcome }) => outcome.kind)).toEqual(['ok', 'invalid']);
    expect(textOf(turns[0]?.calls[0]?.outcome ?? { kind: '' })).toContain('No tool fits');
  });
});

describe('the window', () => {
  const tools = many.map(({ name, description }) =>
    fakeTool(name, {}, { server: 'big', description }),
  );

  test('is the catalogue itself as long as that fits, and search_tools is then nobody’s', () => {
    const few = tools.slice(0, 128);
    const window = new ToolWindow({ all: () => few, prompt: 'x', maxTools: 128 });
    expect(window.tools()).toBe(few);
    expect(window.tool('search_tools')).toBeUndefined();
  });

  test('shows everything to a model without a limit', () => {
    const window = new ToolWindow({ all: () => tools, prompt: 'x', maxTools: Infinity });
    expect(window.tools()).toBe(tools);
  });

  test('is the same for the same prompt, in the catalogue’s order, within the limit', () => {
    const names = (prompt: string): readonly string[] =>
      new ToolWindow({ all: () => tools, prompt, maxTools: 40 })
        .tools()
        .map(({ exposed }) => exposed);
    expect(names('pelicans')).toEqual(names('pelicans'));
    expect(names('pelicans')).toContain('big__echo');
    expect(names('pelicans').length).toBeLessThanOrEqual(40);
    const shown = new Set(names('pelicans'));
    expect(names('pelicans').slice(0, -1)).toEqual(
      tools.map(({ exposed }) => exposed as string).filter((name) => shown.has(name)),
    );
  });

  test('shows a built-in tool that comes later behind all others, and keeps it there', () => {
    const [late] = tools.slice(-1);
    const others = late === undefined ? [] : [late];
    let there: typeof others = [];
    const few = tools.slice(0, 10);
    const open = (maxTools: number, all = few): ToolWindow =>
      new ToolWindow({ all: () => all, prompt: 'entry', maxTools, others: () => there });
    const whole = open(20);
    const full = open(10);
    const large = open(8, tools.slice(0, 50));
    const before = large.tools();
    there = others;
    expect(whole.tools()).toEqual([...few, late]);
    // There was room for all but this one.
    expect(
      full
        .tools()
        .map(({ exposed }) => exposed)
        .slice(-2),
    ).toEqual(['search_tools', late?.exposed]);
    expect(full.tools().length).toBeLessThanOrEqual(10);
    expect(large.tools()).toEqual([...before, late]);
  });

  test('a built-in tool that came later is not pushed out by what is found', async () => {
    const [soon, late] = ['soon', 'late'].map((name) => fakeTool(name, {}, { server: 'own' }));
    let others = [soon].filter((tool) => tool !== undefined);
    const window = new ToolWindow({
      all: () => tools,
      prompt: 'pelicans',
      maxTools: 8,
      others: () => others,
    });
    const search = window.tools().find(({ exposed }) => exposed === 'search_tools');
    if (search === undefined) throw new Error('there is no search');
    const batch = new FakeBatch();
    const find = window.chainOf(search);
    for (const query of ['entry 1', 'entry 2', 'entry 3'])
      await find?.(fakeCall('c', { tool: search, arguments: { query } }), batch.scope());
    // It came first, and stands where it stood.
    const shown = window.tools();
    expect(shown[shown.indexOf(search) + 1]).toBe(soon);
    expect(shown).toHaveLength(8);
    // All places are taken when this one comes.
    others = [...others, late].filter((tool) => tool !== undefined);
    expect(window.tools()).toEqual(expect.arrayContaining([soon, late]));
    expect(window.tools()).toHaveLength(8);
  });
});
