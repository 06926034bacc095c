import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runAgent } from '../../../src/agent/loop.ts';
import type { BatchItem, RunBatch } from '../../../src/call/batch-item.ts';
import type { CallRecord, ToolCall } from '../../../src/call/call.ts';
import { callId } from '../../../src/call/names.ts';
import type { Outcome } from '../../../src/call/outcome.ts';
import type { Tool } from '../../../src/call/tool.ts';
import type { ModelEvent } from '../../../src/model/model.ts';
import { OfflinePlanner } from '../../../src/model/offline/planner.ts';
import { ask as askModel, HELLO, textOf } from '../../support/asked-model.ts';
import { fakeTool } from '../../support/fake-tools.ts';
import { DESK, FILES, WEATHER } from './catalogues.ts';

function ask(prompt: string, tools: readonly Tool[]): Promise<ModelEvent[]> {
  const messages = [{ kind: 'user', text: prompt }] as const;
  return askModel(new OfflinePlanner('Set A_KEY.'), { ...HELLO, messages, tools });
}

describe('the offline planner', () => {
  test('says what it is in its first line, and asks for one batch by exposed names', async () => {
    const events = await ask('Give me the full picture on customer 1234', [...DESK, ...FILES]);
    expect(textOf(events)).toMatch(
      /^Offline planner \(no language model\): 3 calls .* Set A_KEY\.\n$/u,
    );
    expect(events.slice(1)).toEqual([
      {
        kind: 'tool-call',
        call: { name: 'customers__get_customer', arguments: '{"customer_id":1234}' },
      },
      {
        kind: 'tool-call',
        call: { name: 'customers__get_orders', arguments: '{"customer_id":1234}' },
      },
      {
        kind: 'tool-call',
        call: { name: 'customers__get_tickets', arguments: '{"customer_id":1234}' },
      },
      { kind: 'finish', reason: 'tool-calls' },
    ]);
  });

  test('says so when nothing fits, what is missing, and what there is', async () => {
    const events = await ask('What is the status of my order?', DESK);
    expect(textOf(events)).toMatch(/^Offline planner \(no language model\): no tool fits/u);
    expect(textOf(events)).toContain(
      '- customers__get_order_status lacks order_id (say "order 123")',
    );
    expect(textOf(events)).toContain('- customers__get_customer(customer_id): Get customer');
    expect(events.at(-1)).toEqual({ kind: 'finish', reason: 'stop' });
  });

  test('names what it holds back', async () => {
    const text = textOf(await ask('me@example.com', WEATHER));
    expect(text).toContain('- weather__subscribe_alerts fits, but is not declared read-only');
  });

  test('lists no more than a dozen of many tools', async () => {
    const many = Array.from({ length: 40 }, (_, at) => fakeTool(`tool_${String(at)}`));
    expect(textOf(await ask('hello', many))).toContain('- and 28 more');
  });

  test('without tools says so', async () => {
    expect(textOf(await ask('hello', []))).toMatch(/there are no tools to call/u);
  });
});

describe('a run with the offline planner', () => {
  const long = 'x'.repeat(5_000);
  const outcomes: readonly Outcome[] = [
    { kind: 'ok', ran: 'yes', content: [{ type: 'text', text: 'Ada\nLovelace' }] },
    {
      kind: 'tool-error',
      ran: 'yes',
      content: [{ type: 'text', text: 'There is no customer 1234.' }],
    },
    { kind: 'timeout', ran: 'unknown', code: 'totalMs', message: 'took too long' },
  ];

  const runBatch: RunBatch = async (input) => {
    const calls: ToolCall[] = [];
    for await (const item of input as AsyncIterable<BatchItem>)
      if (item.kind === 'call') calls.push(item.call);
    return {
      results: calls.map((call, at) => toRecord(call, at, outcomes)),
      wallMs: 1,
      sumMs: 1,
      longestMs: 1,
      speedup: 1,
    };
  };

  test('ends after one batch with the results as the servers gave them, errors included', async () => {
    const prompt = 'Give me the full picture on customer 1234';
    const result = await runAgent({
      model: new OfflinePlanner(),
      tools: () => DESK,
      runBatch,
      prompt,
    });
    expect(result.stopReason).toBe('stop');
    expect(result.turns.map(({ calls }) => calls.length)).toEqual([3, 0]);
    expect(result.answer).toBe(
      [
        'Offline planner (no language model): the results as the tools gave them, unread.',
        '## customers__get_customer {"customer_id":1234}',
        'Ada\nLovelace',
        '## customers__get_orders {"customer_id":1234}',
        'Error from customers__get_orders: There is no customer 1234.',
        '## customers__get_tickets {"customer_id":1234}',
        'Call of customers__get_tickets timed out (totalMs): took too long. It is not known whether the tool ran: if it changes something, check before you call it again.',
      ].join('\n\n'),
    );
  });

  test('spreads JSON out and cuts what is long', async () => {
    const json = JSON.stringify({
      name: 'Ada',
      address: 'somewhere far away',
      orders: Array.from({ length: 30 }, (_, at) => at),
    });
    const texts = [json, long, '{ "no": json'];
    const shown: Outcome[] = texts.map((text) => ({
      kind: 'ok',
      ran: 'yes',
      content: [{ type: 'text', text }],
    }));
    const executor: RunBatch = async (input, options) => {
      const report = await runBatch(input, options);
      return {
        ...report,
        results: report.results.map((record, at) =>
          Object.assign({}, record, { outcome: shown[at] }),
        ),
      };
    };
    const prompt = 'Give me the full picture on customer 1234';
    const { answer } = await runAgent({
      model: new OfflinePlanner(),
      tools: () => DESK,
      runBatch: executor,
      prompt,
    });
    expect(answer).toContain('\n  "name": "Ada",\n');
    expect(answer).toMatch(/x\n\[cut: 1,080 of 5,000 characters are left out here\]/u);
    expect(answer).toContain('{ "no": json');
  });
});

function toRecord(call: ToolCall, at: number, outcomes: readonly Outcome[]): CallRecord {
  return {
    id: callId(`call_${String(at)}`),
    name: call.name,
    server: 'customers',
    tool: call.name,
    arguments: {},
    access: 'read',
    accessRule: 'default',
    outcome: outcomes[at] as Outcome,
    queuedMs: 0,
    startedMs: 0,
    endedMs: 1,
    attempts: 1,
  };
}

test('nothing in src/model knows a bundled server or one of its tools by name', () => {
  const servers = readdirSync('servers');
  const tools = servers.flatMap((server) => filesIn(join('servers', server)).flatMap(toolNames));
  expect(tools).toEqual(expect.arrayContaining(['get_customer', 'read_file', 'search_text']));
  const names = new Set([...servers, ...tools]);
  for (const path of filesIn('src/model')) {
    const words = new Set(readFileSync(path, 'utf8').match(/\w+/gu));
    expect([path, [...names].filter((name) => words.has(name))]).toEqual([path, []]);
  }
});

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function toolNames(path: string): string[] {
  const source = readFileSync(path, 'utf8');
  const found = source.matchAll(/(?:registerTool\(|name:)\s*'([a-z]+(?:_[a-z]+)+)'/gu);
  return [...found].map((match) => match[1] ?? '');
}
