import { PRODUCTS } from './catalogue.ts';
import type { SeedAddress } from './places.ts';
import type { SeedCustomer, SeedOrder, SeedTicket } from './records.ts';
import { DAY_MS, HOUR_MS, SEED_NOW, SHOWCASE_CUSTOMER_ID } from './records.ts';

/**
 * The one customer who was written by hand, so that the example in the README ("Give me the full
 * picture on customer 1234") has a story in it: a loyal customer, one order late on its way, one
 * exchange under warranty still open.
 */
export function showcaseCustomer(createdAt: number): SeedCustomer {
  const orders = [FIRST, SKILLET, TENT, HEADPHONES, SHOES, KEYBOARD, JACKET];
  return {
    id: SHOWCASE_CUSTOMER_ID,
    name: 'Maya Lindqvist',
    email: 'maya.lindqvist.1234@example.com',
    phone: '+1 503 555 0134',
    company: null,
    tier: 'plus',
    status: 'active',
    createdAt,
    addresses: [HOME, WORK],
    orders,
    tickets: TICKETS,
  };
}

const HOME: SeedAddress = {
  label: 'home',
  recipient: 'Maya Lindqvist',
  line1: '48 Alder Street',
  line2: 'Apt 3',
  city: 'Portland',
  region: 'OR',
  postalCode: '97214',
  country: 'US',
};

const WORK: SeedAddress = {
  ...HOME,
  label: 'work',
  line1: '200 Market Street',
  line2: 'Floor 6',
  postalCode: '97201',
};

const daysAgo = (days: number, hours = 0): number => SEED_NOW - days * DAY_MS + hours * HOUR_MS;

function items(...names: readonly string[]): SeedOrder['items'] {
  return names.map((name) => {
    const product = PRODUCTS.find((candidate) => candidate.name === name);
    if (product === undefined) throw new Error(`the catalogue has no ${name}`);
    return { product, quantity: 1 };
  });
}

function delivered(
  placedDaysAgo: number,
  trackingNumber: string,
  ...names: readonly string[]
): SeedOrder {
  return {
    status: 'delivered',
    placedAt: daysAgo(placedDaysAgo, 2),
    shippedAt: daysAgo(placedDaysAgo - 1, 6),
    expectedAt: daysAgo(placedDaysAgo - 6),
    deliveredAt: daysAgo(placedDaysAgo - 4, 5),
    carrier: 'Parcelway',
    trackingNumber,
    address: HOME,
    items: items(...names),
  };
}

const FIRST = delivered(1612, 'PW402118563', 'Pour-over coffee set', 'World atlas');
const SKILLET = delivered(1180, 'PW455902217', 'Cast-iron skillet');
const TENT = delivered(804, 'PW518830946', 'Two-person tent', 'Sleeping bag', 'Camping stove');
const HEADPHONES = delivered(96, 'PW677140385', 'Noise-cancelling headphones');
const SHOES: SeedOrder = { ...delivered(61, 'PW690275114', 'Running shoes'), status: 'returned' };

const KEYBOARD: SeedOrder = {
  status: 'shipped',
  placedAt: daysAgo(9, 11),
  shippedAt: daysAgo(8, 4),
  expectedAt: daysAgo(3),
  deliveredAt: null,
  carrier: 'Swiftline',
  trackingNumber: 'SL730418826',
  address: WORK,
  items: items('Mechanical keyboard', 'USB-C docking station'),
};

const JACKET: SeedOrder = {
  status: 'processing',
  placedAt: daysAgo(1, 3),
  shippedAt: null,
  expectedAt: daysAgo(-5),
  deliveredAt: null,
  carrier: null,
  trackingNumber: null,
  address: HOME,
  items: items('Rain jacket', 'Wool socks, three pairs'),
};

const TICKETS: readonly SeedTicket[] = [
  {
    subject: 'Tent pole missing',
    description:
      'One of the four poles of the two-person tent was not in the bag. We leave on Friday.',
    status: 'closed',
    priority: 'high',
    channel: 'phone',
    assignee: 'Farid Aziz',
    order: TENT,
    createdAt: daysAgo(798),
    notes: [
      {
        author: 'Farid Aziz',
        visibility: 'public',
        note: 'A pole set goes out today by express, no charge.',
        createdAt: daysAgo(798, 1),
      },
      {
        author: 'Farid Aziz',
        visibility: 'public',
        note: 'Delivered on Thursday; customer confirms it fits.',
        createdAt: daysAgo(796, 8),
      },
    ],
  },
  {
    subject: 'Running shoes too small',
    description:
      'The running shoes come up small. I would like to send them back, no exchange needed.',
    status: 'resolved',
    priority: 'normal',
    channel: 'web',
    assignee: 'Greta Holm',
    order: SHOES,
    createdAt: daysAgo(54),
    notes: [
      {
        author: 'Greta Holm',
        visibility: 'public',
        note: 'Return label sent.',
        createdAt: daysAgo(54, 5),
      },
      {
        author: 'Greta Holm',
        visibility: 'public',
        note: 'Shoes are back; 109.00 USD refunded to the card.',
        createdAt: daysAgo(44, 2),
      },
    ],
  },
  {
    subject: 'Headphones: left side crackles',
    description:
      'Since last week the left side of the noise-cancelling headphones crackles whenever I walk.',
    status: 'pending',
    priority: 'normal',
    channel: 'chat',
    assignee: 'Carmen Ruiz',
    order: HEADPHONES,
    createdAt: daysAgo(12),
    notes: [
      {
        author: 'Carmen Ruiz',
        visibility: 'internal',
        note: 'Known fault of this series; exchange is covered by the warranty.',
        createdAt: daysAgo(12, 1),
      },
      {
        author: 'Carmen Ruiz',
        visibility: 'public',
        note: 'We will exchange them. Please send us the serial number from the inside of the headband.',
        createdAt: daysAgo(12, 2),
      },
    ],
  },
  {
    subject: 'Where is my keyboard?',
    description:
      'The keyboard and the dock were promised for two days ago. Tracking has not moved since it left the depot.',
    status: 'open',
    priority: 'high',
    channel: 'email',
    assignee: 'Ben Whitfield',
    order: KEYBOARD,
    createdAt: daysAgo(1),
    notes: [
      {
        author: 'Ben Whitfield',
        visibility: 'internal',
        note: 'Carrier enquiry opened with Swiftline, answer promised within two working days.',
        createdAt: daysAgo(1, 4),
      },
    ],
  },
];
