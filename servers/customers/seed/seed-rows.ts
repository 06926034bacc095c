import { isoSeconds } from '../clock.ts';
import { PRODUCTS, RETURN_POLICIES } from './catalogue.ts';
import { generateCustomers } from './generate.ts';
import type { SeedAddress } from './places.ts';
import type { SeedCustomer, SeedOrder, SeedTicket } from './records.ts';

type Value = string | number | null;
/** Adds one row of a table: values in the order of its columns. */
type Insert = (table: string, values: readonly Value[]) => void;

const FIRST_ORDER_ID = 50_001;
const FIRST_TICKET_ID = 7001;

/** The rows of all tables, parents before children. */
export function seedRows(): Map<string, (readonly Value[])[]> {
  const tables = new Map<string, (readonly Value[])[]>();
  fill((table, values) => {
    const rows = tables.get(table);
    if (rows === undefined) tables.set(table, [values]);
    else rows.push(values);
  });
  return tables;
}

function fill(insert: Insert): void {
  for (const policy of RETURN_POLICIES) {
    insert('return_policies', [
      policy.category,
      policy.windowDays,
      policy.condition,
      policy.restockingFeePercent,
      policy.returnShipping,
      policy.refundTo,
      policy.exceptions,
    ]);
  }
  for (const { sku, name, category, priceCents } of PRODUCTS) {
    insert('products', [sku, name, category, priceCents]);
  }
  const customers = generateCustomers();
  const addressIds = fillCustomers(insert, customers);
  const orderIds = fillOrders(insert, customers, addressIds);
  fillTickets(insert, customers, orderIds);
}

function fillCustomers(
  insert: Insert,
  customers: readonly SeedCustomer[],
): Map<SeedAddress, number> {
  const ids = new Map<SeedAddress, number>();
  for (const customer of customers) {
    const { id, name, email, phone, company, tier, status, createdAt } = customer;
    insert('customers', [id, name, email, phone, company, tier, status, isoSeconds(createdAt)]);
    for (const address of customer.addresses) {
      ids.set(address, ids.size + 1);
      const { label, recipient, line1, line2, city, region, postalCode, country } = address;
      insert('addresses', [
        ids.size,
        id,
        label,
        recipient,
        line1,
        line2,
        city,
        region,
        postalCode,
        country,
      ]);
    }
  }
  return ids;
}

/** Order and ticket numbers run through the whole shop in order of time, as they would in life. */
function inOrderOfTime<T>(
  customers: readonly SeedCustomer[],
  list: (customer: SeedCustomer) => readonly T[],
  time: (item: T) => number,
): { readonly customerId: number; readonly item: T }[] {
  return customers
    .flatMap((customer) => list(customer).map((item) => ({ customerId: customer.id, item })))
    .sort((a, b) => time(a.item) - time(b.item));
}

function fillOrders(
  insert: Insert,
  customers: readonly SeedCustomer[],
  addressIds: ReadonlyMap<SeedAddress, number>,
): Map<SeedOrder, number> {
  const ids = new Map<SeedOrder, number>();
  const orders = inOrderOfTime(
    customers,
    (customer) => customer.orders,
    (order) => order.placedAt,
  );
  for (const { customerId, item: order } of orders) {
    const id = FIRST_ORDER_ID + ids.size;
    ids.set(order, id);
    insert('orders', [
      id,
      customerId,
      order.status,
      isoSeconds(order.placedAt),
      isoOrNull(order.shippedAt),
      isoOrNull(order.expectedAt),
      isoOrNull(order.deliveredAt),
      order.carrier,
      order.trackingNumber,
      addressIds.get(order.address) ?? null,
    ]);
    for (const { product, quantity } of order.items) {
      insert('order_items', [id, product.sku, quantity, product.priceCents]);
    }
  }
  return ids;
}

function fillTickets(
  insert: Insert,
  customers: readonly SeedCustomer[],
  orderIds: ReadonlyMap<SeedOrder, number>,
): void {
  const tickets = inOrderOfTime(
    customers,
    (customer) => customer.tickets,
    (ticket) => ticket.createdAt,
  );
  let noteId = 0;
  for (const [index, { customerId, item: ticket }] of tickets.entries()) {
    const id = FIRST_TICKET_ID + index;
    insert('tickets', [
      id,
      customerId,
      ticket.order === null ? null : (orderIds.get(ticket.order) ?? null),
      ticket.subject,
      ticket.description,
      ticket.status,
      ticket.priority,
      ticket.channel,
      ticket.assignee,
      isoSeconds(ticket.createdAt),
      isoSeconds(lastTouched(ticket)),
    ]);
    for (const note of ticket.notes) {
      noteId += 1;
      insert('ticket_notes', [
        noteId,
        id,
        note.author,
        note.visibility,
        note.note,
        isoSeconds(note.createdAt),
      ]);
    }
  }
}

function lastTouched(ticket: SeedTicket): number {
  return ticket.notes.at(-1)?.createdAt ?? ticket.createdAt;
}

function isoOrNull(time: number | null): string | null {
  return time === null ? null : isoSeconds(time);
}
