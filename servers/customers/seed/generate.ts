import type { Product } from './catalogue.ts';
import { PRODUCTS } from './catalogue.ts';
import {
  AGENTS,
  COMPANY_ENDINGS,
  FAMILY_NAMES,
  GIVEN_NAMES,
  MAIL_DOMAINS,
  mailName,
} from './people.ts';
import type { SeedAddress } from './places.ts';
import { makeAddress, makePhone } from './places.ts';
import { Random } from './random.ts';
import type { SeedCustomer, SeedNote, SeedOrder, SeedTicket } from './records.ts';
import {
  CUSTOMER_COUNT,
  DAY_MS,
  FIRST_CUSTOMER_ID,
  HOUR_MS,
  MINUTE_MS,
  SEED_NOW,
  SHOWCASE_CUSTOMER_ID,
} from './records.ts';
import { showcaseCustomer } from './showcase.ts';
import type { Topic } from './topics.ts';
import { ACCOUNT_TOPICS, ORDER_TOPICS } from './topics.ts';

const SEED = 20_261_120;
const FIRST_YEARS_MS = 5 * 365 * DAY_MS;
const CARRIERS: Readonly<Record<string, string>> = {
  Parcelway: 'PW',
  'Northern Post': 'NP',
  Swiftline: 'SL',
};

/** All customers, with everything that belongs to them. The same on every call, oldest account first. */
export function generateCustomers(): SeedCustomer[] {
  const random = new Random(SEED);
  const customers: SeedCustomer[] = [];
  for (let index = 0; index < CUSTOMER_COUNT; index++) {
    const id = FIRST_CUSTOMER_ID + index;
    // Ids are handed out in order of registration, over five years.
    const createdAt =
      SEED_NOW - FIRST_YEARS_MS + Math.floor((FIRST_YEARS_MS / CUSTOMER_COUNT) * index);
    const made = makeCustomer(random, id, createdAt);
    customers.push(id === SHOWCASE_CUSTOMER_ID ? showcaseCustomer(createdAt) : made);
  }
  return customers;
}

function makeCustomer(random: Random, id: number, createdAt: number): SeedCustomer {
  const family = random.pick(FAMILY_NAMES);
  const name = `${random.pick(GIVEN_NAMES)} ${family}`;
  const company = random.chance(12) ? `${family} ${random.pick(COMPANY_ENDINGS)}` : null;
  const home = makeAddress(random, name, 'home');
  const addresses = [home];
  if (random.chance(25)) addresses.push(makeAddress(random, name, 'work'));
  if (random.chance(8)) {
    addresses.push(makeAddress(random, `${random.pick(GIVEN_NAMES)} ${family}`, 'gift'));
  }
  const orders = makeOrders(random, createdAt, addresses);
  return {
    id,
    name,
    // The id keeps two people of one name apart.
    email: `${mailName(name)}.${String(id)}@${random.pick(MAIL_DOMAINS)}`,
    phone: makePhone(random, home.country),
    company,
    tier: company === null ? random.weighted({ standard: 8, plus: 2 }) : 'business',
    status: random.weighted({ active: 93, inactive: 6, blocked: 1 }),
    createdAt,
    addresses,
    orders,
    tickets: makeTickets(random, createdAt, orders),
  };
}

function makeOrders(random: Random, since: number, addresses: readonly SeedAddress[]): SeedOrder[] {
  const count = Number(
    random.weighted({ 0: 8, 1: 20, 2: 20, 3: 16, 4: 12, 5: 9, 6: 6, 8: 5, 12: 4 }),
  );
  const span = SEED_NOW - since;
  const orders: SeedOrder[] = [];
  for (let index = 0; index < count; index++) {
    const age = index === 0 && random.chance(14) ? Math.min(span, 10 * DAY_MS) : span;
    const placedAt = SEED_NOW - random.int(1, Math.floor(age / MINUTE_MS)) * MINUTE_MS;
    orders.push(makeOrder(random, placedAt, addresses));
  }
  return orders.sort((a, b) => a.placedAt - b.placedAt);
}

function makeOrder(random: Random, placedAt: number, addresses: readonly SeedAddress[]): SeedOrder {
  const shippedAt = placedAt + random.int(8, 60) * HOUR_MS;
  const deliveredAt = shippedAt + random.int(30, 170) * HOUR_MS;
  const status = orderStatus(random, shippedAt, deliveredAt);
  const sent = status !== 'processing' && status !== 'cancelled';
  const arrived = status === 'delivered' || status === 'returned';
  const carrier = random.pick(Object.keys(CARRIERS));
  const tracking = `${CARRIERS[carrier] ?? ''}${String(random.int(100_000_000, 999_999_999))}`;
  return {
    status,
    placedAt,
    shippedAt: sent ? shippedAt : null,
    expectedAt: status === 'cancelled' ? null : placedAt + 6 * DAY_MS,
    deliveredAt: arrived ? deliveredAt : null,
    carrier: sent ? carrier : null,
    trackingNumber: sent ? tracking : null,
    address: random.chance(75) ? (addresses[0] as SeedAddress) : random.pick(addresses),
    items: makeItems(random),
  };
}

/** The status that fits the dates. */
function orderStatus(random: Random, shippedAt: number, deliveredAt: number): SeedOrder['status'] {
  if (random.chance(4)) return 'cancelled';
  if (shippedAt > SEED_NOW) return 'processing';
  if (deliveredAt > SEED_NOW) return 'shipped';
  return random.chance(7) ? 'returned' : 'delivered';
}

function makeItems(random: Random): SeedOrder['items'] {
  const basket = new Map<Product, number>();
  const size = Number(random.weighted({ 1: 45, 2: 30, 3: 15, 4: 10 }));
  while (basket.size < size)
    basket.set(random.pick(PRODUCTS), random.chance(85) ? 1 : random.int(2, 4));
  return [...basket].map(([product, quantity]) => ({ product, quantity }));
}

function makeTickets(random: Random, since: number, orders: readonly SeedOrder[]): SeedTicket[] {
  const tickets: SeedTicket[] = [];
  for (const order of orders) {
    if (!random.chance(35)) continue;
    const { product } = random.pick(order.items);
    const powered = product.category === 'electronics';
    const topics = ORDER_TOPICS[order.status].filter((topic) => powered || !topic.powered);
    const after = order.deliveredAt ?? order.shippedAt ?? order.placedAt;
    tickets.push(makeTicket(random, { topic: random.pick(topics), order, product, after }));
  }
  if (random.chance(8)) {
    const topic = random.pick(ACCOUNT_TOPICS);
    tickets.push(makeTicket(random, { topic, order: null, product: null, after: since }));
  }
  return tickets.sort((a, b) => a.createdAt - b.createdAt);
}

/** How tickets of an age stand: nothing stays open for ever. */
const STATUS_WEIGHTS = {
  fresh: { open: 5, pending: 3, resolved: 2, closed: 0 },
  recent: { open: 1, pending: 2, resolved: 4, closed: 5 },
  old: { open: 0, pending: 0, resolved: 1, closed: 9 },
} as const;

function ageOf(createdAt: number): keyof typeof STATUS_WEIGHTS {
  const days = (SEED_NOW - createdAt) / DAY_MS;
  if (days < 10) return 'fresh';
  return days < 120 ? 'recent' : 'old';
}

interface Occasion {
  readonly topic: Topic;
  readonly order: SeedOrder | null;
  readonly product: Product | null;
  /** What the ticket is about happened then. */
  readonly after: number;
}

function makeTicket(random: Random, occasion: Occasion): SeedTicket {
  const { topic, order, product } = occasion;
  const createdAt = Math.min(occasion.after + random.int(2, 120) * HOUR_MS, SEED_NOW - MINUTE_MS);
  const status = random.weighted(STATUS_WEIGHTS[ageOf(createdAt)]);
  const assignee = status === 'open' && random.chance(50) ? null : random.pick(AGENTS);
  return {
    subject: topic.subject,
    description: topic.description.replace('{item}', product?.noun ?? ''),
    status,
    priority: topic.urgent
      ? random.weighted({ normal: 2, high: 6, urgent: 2 })
      : random.weighted({ low: 3, normal: 6, high: 1 }),
    channel: random.weighted({ email: 5, web: 3, chat: 3, phone: 1 }),
    assignee,
    order,
    createdAt,
    notes: assignee === null ? [] : makeNotes(random, { topic, status, assignee, createdAt }),
  };
}

function makeNotes(
  random: Random,
  ticket: Pick<SeedTicket, 'status' | 'createdAt'> & { topic: Topic; assignee: string },
): SeedNote[] {
  const { topic, status, assignee: author } = ticket;
  const texts: Pick<SeedNote, 'visibility' | 'note'>[] = [];
  if (random.chance(40)) texts.push({ visibility: 'internal', note: topic.internal });
  if (status !== 'open') texts.push({ visibility: 'public', note: topic.reply });
  if (status === 'resolved' || status === 'closed') {
    texts.push({ visibility: 'public', note: topic.resolution });
  }
  const notes: SeedNote[] = [];
  let createdAt = ticket.createdAt;
  for (const text of texts) {
    createdAt = Math.min(createdAt + random.int(20, 1800) * MINUTE_MS, SEED_NOW);
    notes.push({ author, ...text, createdAt });
  }
  return notes;
}
