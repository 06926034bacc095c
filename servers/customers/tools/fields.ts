import { z } from 'zod';
import type { DeskDatabase } from '../database.ts';
import { DeskError } from '../desk-error.ts';

/** The vocabulary that several tools share: ids, times, money, addresses, and "is it there?". */

const id = (): z.ZodInt => z.int().min(1);

export const customerIdInput = id().describe('Customer number, a whole number such as 1234.');
export const orderIdInput = id().describe(
  'Order number, a whole number such as 50123, as get_orders lists it.',
);
export const ticketIdInput = id().describe(
  'Ticket number, a whole number such as 7123, as get_tickets lists it.',
);

export const idOutput = z.int().min(1);
export const countOutput = z.int().min(0);
export const timeOutput = z.string().describe('ISO 8601, UTC');
export const moneyOutput = z.number().describe('in USD');

export const addressOutput = {
  recipient: z.string(),
  line1: z.string(),
  line2: z.string().nullable(),
  city: z.string(),
  region: z.string(),
  postal_code: z.string(),
  country: z.string().describe('ISO 3166 code'),
};

/** Columns of `addresses`, in the names of `addressOutput`. */
export const ADDRESS_COLUMNS = 'recipient, line1, line2, city, region, postal_code, country';

export interface AddressRow {
  recipient: string;
  line1: string;
  line2: string | null;
  city: string;
  region: string;
  postal_code: string;
  country: string;
}

export function dollars(cents: number): number {
  return cents / 100;
}

const NOUNS = { customers: 'customer', orders: 'order', tickets: 'ticket' } as const;

/** Says what is not there, and what numbers are. */
export function missing(desk: DeskDatabase, table: keyof typeof NOUNS, asked: number): DeskError {
  const noun = NOUNS[table];
  const [range] = desk.all<{ low: number | null; high: number | null }>(
    `SELECT min(id) AS low, max(id) AS high FROM ${table}`,
  );
  const known =
    range === undefined || range.low === null
      ? `there are no ${table} at all`
      : `${noun} numbers run from ${String(range.low)} to ${String(range.high)}`;
  return new DeskError(`There is no ${noun} ${String(asked)}: ${known}.`);
}

export function requireCustomer(desk: DeskDatabase, customerId: number): void {
  const found = desk.count('SELECT count(*) AS n FROM customers WHERE id = ?', customerId);
  if (found === 0) throw missing(desk, 'customers', customerId);
}
