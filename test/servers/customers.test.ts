import MiniSearch from 'minisearch';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Desk } from './customers-desk.ts';
import { startDesk } from './customers-desk.ts';

let desk: Desk;
beforeAll(async () => {
  desk = await startDesk(':memory:');
});
afterAll(async () => {
  await desk[Symbol.asyncDispose]();
});

async function ticketOf(customerId: number, status: string): Promise<number> {
  const { data } = await desk.call('get_tickets', { customer_id: customerId, status });
  return data.tickets[0].ticket_id;
}

describe('the tools', () => {
  test('say truthfully what they may change', async () => {
    const { tools } = await desk.client.listTools();
    const annotations = Object.fromEntries(tools.map((tool) => [tool.name, tool.annotations]));
    const read = { readOnlyHint: true, openWorldHint: false };
    expect(annotations).toEqual({
      get_customer: read,
      get_orders: read,
      get_tickets: read,
      get_order_status: read,
      get_return_policy: read,
      get_shipping_address: read,
      update_ticket: {
        readOnlyHint: false,
        destructiveHint: true,
        idempotentHint: true,
        openWorldHint: false,
      },
      add_ticket_note: {
        readOnlyHint: false,
        destructiveHint: false,
        idempotentHint: false,
        openWorldHint: false,
      },
    });
  });

  test('take whole numbers as ids, and each the id of what it is about', async () => {
    const { tools } = await desk.client.listTools();
    const required = Object.fromEntries(
      tools.map((tool) => [tool.name, tool.inputSchema.required ?? []]),
    );
    expect(required).toEqual({
      get_customer: ['customer_id'],
      get_orders: ['customer_id'],
      get_tickets: ['customer_id'],
      get_order_status: ['order_id'],
      get_return_policy: [],
      get_shipping_address: ['order_id'],
      update_ticket: ['ticket_id'],
      add_ticket_note: ['ticket_id', 'note'],
    });
    const ids = tools.flatMap((tool) =>
      Object.entries(tool.inputSchema.properties ?? {}).filter(([name]) => name.endsWith('_id')),
    );
    expect(ids).toHaveLength(7);
    for (const [, schema] of ids) expect(schema).toMatchObject({ type: 'integer' });
  });

  test('describe themselves and every argument', async () => {
    const { tools } = await desk.client.listTools();
    const undescribed: string[] = [];
    for (const { name, description, inputSchema } of tools) {
      if (description?.endsWith('.') !== true) undescribed.push(name);
      for (const [argument, schema] of Object.entries(inputSchema.properties ?? {})) {
        if (!('description' in Object(schema))) undescribed.push(`${name}.${argument}`);
      }
    }
    expect(undescribed).toEqual([]);
  });

  test('are ranked so that a question about a customer finds the three customer lookups first', async () => {
    const { tools } = await desk.client.listTools();
    const index = new MiniSearch({ idField: 'name', fields: ['name', 'description'] });
    index.addAll(tools.map(({ name, description }) => ({ name, description })));
    const ranked = index
      .search('Give me the full picture on customer 1234')
      .map((hit) => String(hit.id));
    expect(ranked.slice(0, 3).sort()).toEqual(['get_customer', 'get_orders', 'get_tickets']);
  });
});

describe('get_customer', () => {
  test('gives the profile, as structured content and as the same JSON in text', async () => {
    const { data, text, isError } = await desk.call('get_customer', { customer_id: 1234 });
    expect(isError).toBe(false);
    expect(data).toMatchObject({
      customer_id: 1234,
      name: 'Maya Lindqvist',
      tier: 'plus',
      order_summary: { orders: 7 },
      ticket_summary: { tickets: 4, unresolved: 2 },
    });
    expect(data.addresses).toHaveLength(2);
    expect(JSON.parse(text)).toEqual(data);
  });

  test('counts as spent what was neither cancelled nor sent back', async () => {
    const customer = await desk.call('get_customer', { customer_id: 1234 });
    const { data } = await desk.call('get_orders', { customer_id: 1234 });
    const kept = data.orders.filter((order: { status: string }) => order.status !== 'returned');
    expect(kept).toHaveLength(6);
    const spent = kept.reduce((sum: number, order: { total: number }) => sum + order.total, 0);
    expect(customer.data.order_summary.spent).toBeCloseTo(spent, 2);
  });
});

describe('get_orders', () => {
  test('lists orders newest first, each with its items and their sum', async () => {
    const { data } = await desk.call('get_orders', { customer_id: 1234 });
    expect(data.total_orders).toBe(7);
    expect(data.orders).toHaveLength(7);
    expect(data).not.toHaveProperty('more');
    const placed = data.orders.map((order: { placed_at: string }) => order.placed_at);
    expect(placed).toEqual(placed.toSorted().toReversed());
    for (const order of data.orders) {
      const cents = order.items.map((item: { quantity: number; unit_price: number }) =>
        Math.round(item.quantity * item.unit_price * 100),
      );
      expect(Math.round(order.total * 100)).toBe(
        cents.reduce((sum: number, one: number) => sum + one, 0),
      );
    }
  });

  test('says how many orders it left out', async () => {
    const { data } = await desk.call('get_orders', { customer_id: 1234, limit: 2 });
    expect(data.orders).toHaveLength(2);
    expect(data.more).toMatch(/^5 more/);
  });
});

describe('get_tickets', () => {
  test('lists tickets newest first, with their notes oldest first', async () => {
    const { data } = await desk.call('get_tickets', { customer_id: 1234 });
    const subjects = data.tickets.map((ticket: { subject: string }) => ticket.subject);
    expect(subjects).toEqual([
      'Where is my keyboard?',
      'Headphones: left side crackles',
      'Running shoes too small',
      'Tent pole missing',
    ]);
    const notes = data.tickets[2].notes.map((note: { note: string }) => note.note);
    expect(notes).toEqual([
      'Return label sent.',
      'Shoes are back; 109.00 USD refunded to the card.',
    ]);
  });

  test('can be limited to a status', async () => {
    const { data } = await desk.call('get_tickets', { customer_id: 1234, status: 'pending' });
    expect(data.total_tickets).toBe(1);
    expect(data.tickets[0]).toMatchObject({
      status: 'pending',
      subject: 'Headphones: left side crackles',
    });
  });
});

describe('an order', () => {
  test('has a status and an address, found by its number', async () => {
    const { data } = await desk.call('get_orders', { customer_id: 1234 });
    const shipped = data.orders.find((order: { status: string }) => order.status === 'shipped');
    const status = await desk.call('get_order_status', { order_id: shipped.order_id });
    expect(status.data).toMatchObject({
      status: 'shipped',
      customer_id: 1234,
      carrier: 'Swiftline',
      delivered_at: null,
    });
    const address = await desk.call('get_shipping_address', { order_id: shipped.order_id });
    expect(address.data).toMatchObject({
      order_status: 'shipped',
      recipient: 'Maya Lindqvist',
      line1: '200 Market Street',
    });
  });
});

describe('get_return_policy', () => {
  test('gives all categories, or one in any casing', async () => {
    const all = await desk.call('get_return_policy', {});
    const categories = all.data.policies.map((policy: { category: string }) => policy.category);
    expect(categories).toContain('electronics');
    expect(categories.length).toBeGreaterThan(5);
    const one = await desk.call('get_return_policy', { category: ' Personal CARE' });
    expect(one.data.policies).toEqual([
      expect.objectContaining({ category: 'personal care', window_days: 14 }),
    ]);
  });

  test('covers every category that a product can have', async () => {
    const { data } = await desk.call('get_return_policy', {});
    const categories = data.policies.map((policy: { category: string }) => policy.category);
    const orders = await desk.call('get_orders', { customer_id: 1234 });
    for (const order of orders.data.orders) {
      for (const item of order.items) expect(categories).toContain(item.category);
    }
  });

  test('answers an unknown category with the known ones', async () => {
    const { isError, text } = await desk.call('get_return_policy', { category: 'spaceships' });
    expect(isError).toBe(true);
    expect(text).toMatch(/"spaceships".*books, clothing, electronics/);
  });
});

describe('update_ticket', () => {
  test('changes what is given, says from what to what, and leaves the rest', async () => {
    const ticketId = await ticketOf(1234, 'pending');
    const first = await desk.call('update_ticket', { ticket_id: ticketId, priority: 'urgent' });
    expect(first.data).toMatchObject({
      changes: [{ field: 'priority', from: 'normal', to: 'urgent' }],
      status: 'pending',
      assignee: 'Carmen Ruiz',
    });
    const { data } = await desk.call('get_tickets', { customer_id: 1234, status: 'pending' });
    expect(data.tickets[0]).toMatchObject({
      priority: 'urgent',
      assignee: 'Carmen Ruiz',
      updated_at: first.data.updated_at,
    });
  });

  test('finds nothing to change the second time', async () => {
    const change = { ticket_id: await ticketOf(1234, 'open'), status: 'open', assignee: null };
    const first = await desk.call('update_ticket', change);
    expect(first.data.changes).toEqual([{ field: 'assignee', from: 'Ben Whitfield', to: null }]);
    const second = await desk.call('update_ticket', change);
    expect(second.data).toEqual({ ...first.data, changes: [] });
  });

  test('asks for a change when none is given', async () => {
    const { isError, text } = await desk.call('update_ticket', {
      ticket_id: await ticketOf(1234, 'closed'),
    });
    expect(isError).toBe(true);
    expect(text).toContain('status, priority and assignee');
  });
});

describe('add_ticket_note', () => {
  test('puts the note below the others and touches the ticket', async () => {
    const ticketId = await ticketOf(1234, 'resolved');
    const note = 'Called back.\nAll is well 👍 "quoted"';
    const { data } = await desk.call('add_ticket_note', {
      ticket_id: ticketId,
      note,
      author: 'Ana Duarte',
      visibility: 'public',
    });
    expect(data).toMatchObject({ ticket_id: ticketId, total_notes: 3 });
    const tickets = await desk.call('get_tickets', { customer_id: 1234, status: 'resolved' });
    const [ticket] = tickets.data.tickets;
    expect(ticket.updated_at).toBe(data.created_at);
    expect(ticket.notes).toHaveLength(3);
    expect(ticket.notes[2]).toEqual({
      note_id: data.note_id,
      author: 'Ana Duarte',
      visibility: 'public',
      note,
      created_at: data.created_at,
    });
  });

  test('keeps the list of notes short and says how many are not in it', async () => {
    const ticketId = await ticketOf(1234, 'closed');
    for (let index = 1; index <= 11; index++) {
      await desk.call('add_ticket_note', { ticket_id: ticketId, note: `note ${String(index)}` });
    }
    const { data } = await desk.call('get_tickets', { customer_id: 1234, status: 'closed' });
    const [ticket] = data.tickets;
    expect(ticket.notes).toHaveLength(10);
    expect(ticket.notes.at(-1)).toMatchObject({
      note: 'note 11',
      author: 'assistant',
      visibility: 'internal',
    });
    expect(ticket.more).toMatch(/^3 more/);
  });
});

describe('a wrong call', () => {
  test.each([
    ['get_customer', { customer_id: 99 }, /no customer 99.*1001 to 4000/],
    ['get_orders', { customer_id: 4001 }, /no customer 4001.*1001 to 4000/],
    ['get_tickets', { customer_id: 1 }, /no customer 1:.*1001 to 4000/],
    ['get_order_status', { order_id: 1234 }, /no order 1234.*run from 50001/],
    ['get_shipping_address', { order_id: 1234 }, /no order 1234.*run from 50001/],
    ['update_ticket', { ticket_id: 5, status: 'open' }, /no ticket 5.*run from 7001/],
    ['add_ticket_note', { ticket_id: 5, note: 'x' }, /no ticket 5.*run from 7001/],
  ])('%s %j says what is not there and what numbers look like', async (name, args, expected) => {
    const { isError, text } = await desk.call(name, args);
    expect(isError).toBe(true);
    expect(text).toMatch(expected);
  });

  test.each([
    ['get_customer', { customer_id: '1234' }, 'customer_id'],
    ['get_customer', { customer_id: 12.5 }, 'customer_id'],
    ['get_customer', {}, 'customer_id'],
    ['get_customer', { customer_id: 1234, customer: 1 }, 'customer'],
    ['get_orders', { customer_id: 1234, limit: 51 }, 'limit'],
    ['get_tickets', { customer_id: 1234, status: 'lost' }, 'status'],
    ['update_ticket', { ticket_id: 7001, state: 'open' }, 'state'],
    ['update_ticket', { ticket_id: 7001, assignee: 'x'.repeat(81) }, 'assignee'],
    ['add_ticket_note', { ticket_id: 7001, note: ' \n' }, 'note'],
    ['add_ticket_note', { ticket_id: 7001, note: 'a\0b' }, 'note'],
    ['add_ticket_note', { ticket_id: 7001, note: 'x'.repeat(4001) }, 'note'],
  ])('%s %j is refused and the argument named', async (name, args, argument) => {
    const { isError, text } = await desk.call(name, args);
    expect(isError).toBe(true);
    expect(text).toContain(argument);
  });
});
