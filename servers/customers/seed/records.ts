import type { Product } from './catalogue.ts';
import type { SeedAddress } from './places.ts';

/** Seed records before they get their ids: what belongs to one customer hangs on that customer. */

export interface SeedNote {
  readonly author: string;
  readonly visibility: 'public' | 'internal';
  readonly note: string;
  readonly createdAt: number;
}

export interface SeedTicket {
  readonly subject: string;
  readonly description: string;
  readonly status: 'open' | 'pending' | 'resolved' | 'closed';
  readonly priority: 'low' | 'normal' | 'high' | 'urgent';
  readonly channel: 'email' | 'chat' | 'phone' | 'web';
  readonly assignee: string | null;
  /** The order it is about, if any: one of the same customer's. */
  readonly order: SeedOrder | null;
  readonly createdAt: number;
  readonly notes: readonly SeedNote[];
}

export interface SeedOrder {
  readonly status: 'processing' | 'shipped' | 'delivered' | 'returned' | 'cancelled';
  readonly placedAt: number;
  readonly shippedAt: number | null;
  readonly expectedAt: number | null;
  readonly deliveredAt: number | null;
  readonly carrier: string | null;
  readonly trackingNumber: string | null;
  readonly address: SeedAddress;
  readonly items: readonly { readonly product: Product; readonly quantity: number }[];
}

/** All times are ms since the epoch. */
export interface SeedCustomer {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly company: string | null;
  readonly tier: 'standard' | 'plus' | 'business';
  readonly status: 'active' | 'inactive' | 'blocked';
  readonly createdAt: number;
  readonly addresses: readonly SeedAddress[];
  readonly orders: readonly SeedOrder[];
  readonly tickets: readonly SeedTicket[];
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The moment the seed data is a picture of. Fixed: the same desk on every machine, on every day. */
export const SEED_NOW = Date.UTC(2026, 10, 20, 9, 0, 0);
export const FIRST_CUSTOMER_ID = 1001;
export const CUSTOMER_COUNT = 3000;
export const SHOWCASE_CUSTOMER_ID = 1234;
