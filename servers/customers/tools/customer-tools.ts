import { z } from 'zod';
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
  timeOutput,
} from './fields.ts';
import { defineTool } from './tool.ts';

const MAX_ADDRESSES = 10;

interface CustomerRow {
  id: number;
  name: string;
  email: string;
  phone: string;
  company: string | null;
  tier: string;
  status: string;
  created_at: string;
}

interface OrderSummaryRow {
  placed: number;
  last_placed_at: string | null;
  spent_cents: number;
}

export const getCustomer = defineTool({
  name: 'get_customer',
  title: 'Get customer',
  description:
    'Looks up one customer: name, contact details, tier, account status, saved addresses, and a summary of orders and ' +
    'tickets. For the full picture of a customer call get_orders and get_tickets, too; none of the three needs another’s answer.',
  effect: { kind: 'read' },
  input: z.strictObject({ customer_id: customerIdInput }),
  output: z.object({
    customer_id: idOutput,
    name: z.string(),
    email: z.string(),
    phone: z.string(),
    company: z.string().nullable(),
    tier: z.string().describe('standard, plus or business'),
    status: z.string().describe('active, inactive or blocked'),
    customer_since: timeOutput,
    addresses: z.array(z.object({ label: z.string(), ...addressOutput })),
    order_summary: z.object({
      orders: countOutput,
      last_placed_at: timeOutput.nullable(),
      spent: moneyOutput.describe('in USD; without cancelled and returned orders'),
    }),
    ticket_summary: z.object({ tickets: countOutput, unresolved: countOutput }),
  }),
  answer: (desk, { customer_id: customerId }) => {
    const [customer] = desk.all<CustomerRow>('SELECT * FROM customers WHERE id = ?', customerId);
    if (customer === undefined) throw missing(desk, 'customers', customerId);
    const addresses = desk.all<AddressRow & { label: string }>(
      `SELECT label, ${ADDRESS_COLUMNS} FROM addresses WHERE customer_id = ? ORDER BY id LIMIT ?`,
      customerId,
      MAX_ADDRESSES,
    );
    const [orders] = desk.all<OrderSummaryRow>(
      `SELECT count(DISTINCT o.id) AS placed, max(o.placed_at) AS last_placed_at,
         coalesce(sum(i.quantity * i.unit_price_cents) FILTER (WHERE o.status NOT IN ('cancelled', 'returned')), 0) AS spent_cents
       FROM orders o LEFT JOIN order_items i ON i.order_id = o.id WHERE o.customer_id = ?`,
      customerId,
    );
    const [tickets] = desk.all<{ total: number; unresolved: number }>(
      `SELECT count(*) AS total, count(*) FILTER (WHERE status IN ('open', 'pending')) AS unresolved
       FROM tickets WHERE customer_id = ?`,
      customerId,
    );
    const { id, created_at: customerSince, ...rest } = customer;
    return {
      customer_id: id,
      ...rest,
      customer_since: customerSince,
      addresses,
      order_summary: {
        orders: orders?.placed ?? 0,
        last_placed_at: orders?.last_placed_at ?? null,
        spent: dollars(orders?.spent_cents ?? 0),
      },
      ticket_summary: { tickets: tickets?.total ?? 0, unresolved: tickets?.unresolved ?? 0 },
    };
  },
});
