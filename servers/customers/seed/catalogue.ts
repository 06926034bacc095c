/** What the shop sells, and under which terms it takes things back. */

export interface Product {
  readonly sku: string;
  readonly name: string;
  /** The name in a sentence: `bookcase` for `Bookcase, five shelves`. */
  readonly noun: string;
  readonly category: string;
  readonly priceCents: number;
}

export interface ReturnPolicy {
  readonly category: string;
  readonly windowDays: number;
  readonly condition: string;
  readonly restockingFeePercent: number;
  readonly returnShipping: 'free' | 'paid by buyer';
  readonly refundTo: string;
  readonly exceptions: string;
}

/** In the spelling of the middle of a sentence; what follows a comma is left out there. */
const SHELVES: Readonly<Record<string, readonly (readonly [name: string, priceCents: number])[]>> =
  {
    electronics: [
      ['noise-cancelling headphones', 17900],
      ['Bluetooth speaker', 6490],
      ['e-reader', 12900],
      ['mechanical keyboard', 9950],
      ['27-inch monitor', 28900],
      ['USB-C docking station', 11900],
      ['smart doorbell', 8900],
      ['portable charger', 3490],
    ],
    kitchen: [
      ['cast-iron skillet', 3990],
      ['pour-over coffee set', 4450],
      ['stand mixer', 24900],
      ['chef’s knife', 7900],
      ['electric kettle', 5290],
      ['enamel casserole', 8990],
      ['spice rack', 2790],
    ],
    furniture: [
      ['oak side table', 12900],
      ['desk chair', 21900],
      ['bookcase, five shelves', 16900],
      ['standing desk', 39900],
      ['reading lamp', 5900],
      ['two-seat sofa', 64900],
    ],
    clothing: [
      ['merino sweater', 7900],
      ['rain jacket', 11900],
      ['linen shirt', 4900],
      ['wool socks, three pairs', 2290],
      ['running shoes', 10900],
      ['denim jacket', 8490],
      ['winter gloves', 3290],
    ],
    outdoor: [
      ['two-person tent', 18900],
      ['sleeping bag', 9900],
      ['trekking poles', 6900],
      ['camping stove', 5490],
      ['insulated bottle', 2890],
      ['35-litre backpack', 10490],
    ],
    toys: [
      ['wooden train set', 5490],
      ['jigsaw, 1000 pieces', 1990],
      ['building blocks', 3990],
      ['kite', 2490],
      ['board game, family edition', 3490],
    ],
    books: [
      ['field guide to birds', 2450],
      ['vegetarian cookbook', 2990],
      ['world atlas', 4950],
      ['crime novel, boxed set', 3890],
      ['gardening year book', 2190],
    ],
    'personal care': [
      ['electric toothbrush', 7490],
      ['shaving kit', 4290],
      ['hair dryer', 5990],
      ['bath towel set', 3890],
    ],
  };

export const PRODUCTS: readonly Product[] = Object.entries(SHELVES).flatMap(([category, shelf]) =>
  shelf.map(([words, priceCents], index) => ({
    sku: `${category
      .replaceAll(/[^a-z]/g, '')
      .slice(0, 3)
      .toUpperCase()}-${String(101 + index)}`,
    name: words.charAt(0).toUpperCase() + words.slice(1),
    noun: words.split(',')[0] ?? words,
    category,
    priceCents,
  })),
);

const policy = (
  category: string,
  windowDays: number,
  rest: Omit<ReturnPolicy, 'category' | 'windowDays' | 'refundTo'>,
): ReturnPolicy => ({ category, windowDays, refundTo: 'original payment method', ...rest });

export const RETURN_POLICIES: readonly ReturnPolicy[] = [
  policy('electronics', 30, {
    condition: 'Complete, with all cables and the serial number readable.',
    restockingFeePercent: 10,
    returnShipping: 'free',
    exceptions:
      'No restocking fee when the item is faulty or still sealed. Faults are covered for 24 months.',
  }),
  policy('kitchen', 45, {
    condition: 'Unused and clean, in its box.',
    restockingFeePercent: 0,
    returnShipping: 'paid by buyer',
    exceptions: 'Knives must come back in their sheath.',
  }),
  policy('furniture', 30, {
    condition: 'Not assembled, or taken apart and undamaged.',
    restockingFeePercent: 15,
    returnShipping: 'paid by buyer',
    exceptions:
      'Collected from the door; allow ten working days. Damage in transit must be reported within 72 hours.',
  }),
  policy('clothing', 60, {
    condition: 'Unworn and unwashed, with tags.',
    restockingFeePercent: 0,
    returnShipping: 'free',
    exceptions: 'Socks only in their closed band.',
  }),
  policy('outdoor', 45, {
    condition: 'Clean and dry; tents and sleeping bags without signs of use.',
    restockingFeePercent: 0,
    returnShipping: 'free',
    exceptions: 'Stoves that have been lit cannot be taken back unless faulty.',
  }),
  policy('toys', 45, {
    condition: 'Complete, in the original box.',
    restockingFeePercent: 0,
    returnShipping: 'free',
    exceptions: 'Jigsaws only with the seal unbroken.',
  }),
  policy('books', 14, {
    condition: 'As new.',
    restockingFeePercent: 0,
    returnShipping: 'paid by buyer',
    exceptions: 'Boxed sets only with the wrapping unbroken.',
  }),
  policy('personal care', 14, {
    condition: 'Sealed, for reasons of hygiene.',
    restockingFeePercent: 0,
    returnShipping: 'free',
    exceptions: 'A faulty appliance is exchanged within 24 months, sealed or not.',
  }),
];
