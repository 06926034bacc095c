import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Options } from '../../servers/customers/options.ts';
import { parseOptions, UsageError } from '../../servers/customers/options.ts';

const TOOLS = ['get_customer', 'get_orders', 'get_tickets', 'get_order_status'];

function options(args: readonly string[], env: NodeJS.ProcessEnv = {}): Options {
  const parsed = parseOptions(args, TOOLS, env);
  if (parsed === 'help') throw new Error('only help was asked for');
  return parsed;
}

describe('--db', () => {
  test.each([
    [['--db', 'desk.db'], {}, 'desk.db'],
    [['--db', ':memory:'], {}, ':memory:'],
    [[], { XDG_DATA_HOME: '/data' }, '/data/mcp-fanout/customers.db'],
    [[], { XDG_DATA_HOME: 'relative' }, join(homedir(), '.local/share/mcp-fanout/customers.db')],
    [[], {}, join(homedir(), '.local/share/mcp-fanout/customers.db')],
  ])('%j with %j gives %s', (args, env, expected) => {
    expect(options(args, env).db).toBe(expected);
  });
});

describe('--latency', () => {
  test.each<[string[], [string, number][]]>([
    [[], []],
    [['--latency', 'get_orders=5'], [['get_orders', 5]]],
    [
      ['--latency', 'get_orders=5, get_tickets=0'],
      [
        ['get_orders', 5],
        ['get_tickets', 0],
      ],
    ],
    [
      ['--latency', 'example'],
      [
        ['get_customer', 400],
        ['get_orders', 500],
        ['get_tickets', 600],
      ],
    ],
    [
      ['--latency', 'example', '--latency', 'get_orders=1'],
      [
        ['get_customer', 400],
        ['get_orders', 1],
        ['get_tickets', 600],
      ],
    ],
  ])('%j delays %j', (args, expected) => {
    expect([...options(args).latencyMs]).toEqual(expected);
  });
});

describe('a mistake', () => {
  test.each([
    [['--databse', 'x.db'], '--databse'],
    [['--db'], '--db'],
    [['--db', ''], '--db'],
    [['x.db'], 'x.db'],
    [['--latency', 'slow'], '"slow"'],
    [['--latency', 'get_customer=-5'], '"get_customer=-5"'],
    [['--latency', 'get_customer=1e3'], '"get_customer=1e3"'],
    [['--latency', 'get_customer=400,'], '""'],
    [['--latency', 'get_custmer=400'], 'the tools are get_customer, get_orders'],
    [['--latency', 'get_customer=600001'], '600000 ms'],
  ])('such as %j is named', (args, expected) => {
    expect(() => options(args)).toThrow(UsageError);
    expect(() => options(args)).toThrow(expected);
  });
});
