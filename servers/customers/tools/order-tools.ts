import { z } from 'zod';
import type { DeskDatabase } from '../database.ts';
import type { AddressRow } from './fields.ts';
import {
  ADDRESS_COLUMNS,
  addressOutput,
  countOutput,
  customerIdInput,
  dollars,
  idOutput,
  missing,
  moneyOutput,
  orderIdInput,
  requireCustomer,
  timeOutput,
} from './fields.ts';
import { defineTool } from './tool.ts';

const DEFAULT_ORDERS = 10;
const MAX_ORDERS = 50;

const progressOutput = {
  order_id: idOutput,
  status: z.string().describe('processing, shipped, delivered, returned or cancelled'),
  placed_at: timeOutput,
  shipped_at: timeOutput.nullable(),
  expected_at: timeOutput.nullable().describe('delivery promised for, ISO 8601, UTC'),
  delivered_at: timeOutput.nullable(),
  carrier: z.string().nullable(),
  tracking_number: z.string().nullable(),
};

const itemOutput = z.object({
  sku: z.string(),
  name: z.string(),
  category: z.string(),
  quantity: countOutput,
  unit_price: moneyOutput,
});

const PROGRESS_COLUMNS =
  'id AS order_id, status, placed_at, shipped_at, expected_at, delivered_at, carrier, tracking_number';

interface ProgressRow {
  order_id: number;
  status: string;
  placed_at: string;
  shipped_at: string | null;
  expected_at: string | null;
  delivered_at: string | null;
  carrier: string | null;
  tracking_number: string | null;
}

interface ItemRow {
  sku: string;
  name: string;
  category: string;
  quantity: number;
  unit_price_cents: number;
}

function withItems(
  desk: DeskDatabase,
  order: ProgressRow,
): ProgressRow & { total: number; items: z.input<typeof itemOutput>[] } {
  const rows = desk.all<ItemRow>(
    `SELECT i.sku, p.name, p.category, i.quantity, i.unit_price_cents
     FROM order_items i JOIN products p ON p.sku = i.sku WHERE i.order_id = ? ORDER BY i.sku`,
    order.order_id,
  );
  const totalCents = rows.reduce((sum, row) => sum + row.quantity * row.unit_price_cents, 0);
  return { ...order, total: dollars(totalCents), items: rows.map(toItem) };
}

function toItem(row: ItemRow): z.input<typeof itemOutput> {
  const { unit_price_cents: cents, ...item } = row;
  return { ...item, unit_price: dollars(cents) };
}

export const getOrders = defineTool({
  name: 'get_orders',
  title: 'Get a customer’s orders',
  description:
    'Lists the orders of a customer, newest first: what was bought, what it cost, and how far each order has come. ' +
    'The purchases in the full picture of a customer.',
  effect: { kind: 'read' },
  input: z.strictObject({
    customer_id: customerIdInput,
    limit: z
      .int()
      .min(1)
      .max(MAX_ORDERS)
      .default(DEFAULT_ORDERS)
      .describe('How many orders to list at most.'),
  }),
  output: z.object({
    customer_id: idOutput,
    total_orders: countOutput,
    orders: z.array(
      z.object({
        ...progressOutput,
        total: moneyOutput,
        items: z.array(itemOutput),
      }),
    ),
    more: z.string().optional().describe('says how many orders are not listed'),
  }),
  answer: (desk, { customer_id: customerId, limit }) => {
    requireCustomer(desk, customerId);
    const total = desk.count('SELECT count(*) AS n FROM orders WHERE customer_id = ?', customerId);
    const rows = desk.all<ProgressRow>(
      `SELECT ${PROGRESS_COLUMNS} FROM orders WHERE customer_id = ? ORDER BY placed_at DESC, id DESC LIMIT ?`,
      customerId,
      limit,
    );
    const orders = rows.map((row) => withItems(desk, row));
    const left = total - orders.length;
    const more = `${String(left)} more, older orders; limit can be up to ${String(MAX_ORDERS)}`;
    return { customer_id: customerId, total_orders: total, orders, ...(left > 0 ? { more } : {}) };
  },
});

export const getOrderStatus = defineTool({
  name: 'get_order_status',
  title: 'Get order status',
  description: 'Tells how far one order has come: status, dates, carrier and tracking number.',
  effect: { kind: 'read' },
  input: z.strictObject({ order_id: orderIdInput }),
  output: z.object({ ...progressOutput, customer_id: idOutput }),
  answer: (desk, { order_id: orderId }) => {
    const [row] = desk.all<ProgressRow & { customer_id: number }>(
      `SELECT ${PROGRESS_COLUMNS}, customer_id FROM orders WHERE id = ?`,
      orderId,
    );
    if (row === undefined) throw missing(desk, 'orders', orderId);
    return row;
  },
});

export const getShippingAddress = defineTool({
  name: 'get_shipping_address',
  title: 'Get shipping address',
  description: 'Tells where one order is being sent, or was sent: recipient and postal address.',
  effect: { kind: 'read' },
  input: z.strictObject({ order_id: orderIdInput }),
  output: z.object({ order_id: idOutput, order_status: z.string(), ...addressOutput }),
  answer: (desk, { order_id: orderId }) => {
    const [row] = desk.all<AddressRow & { order_id: number; order_status: string }>(
      `SELECT o.id AS order_id, o.status AS order_status, ${ADDRESS_COLUMNS}
       FROM orders o JOIN addresses a ON a.id = o.address_id WHERE o.id = ?`,
      orderId,
    );
    if (row === undefined) throw missing(desk, 'orders', orderId);
    return row;
  },
});
