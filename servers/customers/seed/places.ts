import type { Random } from './random.ts';

interface City {
  readonly city: string;
  readonly region: string;
  readonly country: string;
  /** `#` becomes a digit. */
  readonly postalCode: string;
}

function cities(country: string, lines: readonly string[]): City[] {
  return lines.map((line) => {
    const [city = '', region = '', postalCode = ''] = line.split('|');
    return { city, region, country, postalCode };
  });
}

const CITIES: readonly City[] = [
  ...cities('US', [
    'Portland|OR|972##',
    'Austin|TX|787##',
    'Chicago|IL|606##',
    'Denver|CO|802##',
    'Seattle|WA|981##',
    'Boston|MA|021##',
    'Atlanta|GA|303##',
    'Minneapolis|MN|554##',
    'San Diego|CA|921##',
    'Philadelphia|PA|191##',
    'Nashville|TN|372##',
    'Raleigh|NC|276##',
    'Pittsburgh|PA|152##',
    'Tucson|AZ|857##',
    'Madison|WI|537##',
  ]),
  ...cities('CA', [
    'Toronto|ON|M5V #A#',
    'Vancouver|BC|V6B #C#',
    'Montréal|QC|H2X #K#',
    'Halifax|NS|B3J #L#',
  ]),
  ...cities('GB', [
    'London|England|SE# #AB',
    'Leeds|England|LS# #QT',
    'Bristol|England|BS# #TD',
    'Edinburgh|Scotland|EH# #LN',
  ]),
  ...cities('IE', ['Dublin|Leinster|D0# XK#3', 'Cork|Munster|T12 P#9#']),
  ...cities('DE', ['Berlin|Berlin|10###', 'Hamburg|Hamburg|20###', 'München|Bayern|80###']),
  ...cities('SE', ['Stockholm|Stockholm|11# ##', 'Göteborg|Västra Götaland|41# ##']),
  ...cities('AU', ['Melbourne|VIC|30##', 'Brisbane|QLD|40##', 'Hobart|TAS|70##']),
];

const STREETS: Readonly<Record<string, readonly string[]>> = {
  default: [
    'Alder Street',
    'Birch Lane',
    'Cedar Avenue',
    'Chapel Road',
    'Church Street',
    'Elm Street',
    'Garden Terrace',
    'Harbour Road',
    'High Street',
    'Hill Crescent',
    'King Street',
    'Lake View',
    'Maple Avenue',
    'Market Street',
    'Mill Lane',
    'Oak Drive',
    'Orchard Way',
    'Park Avenue',
    'Queen Street',
    'River Road',
    'School Lane',
    'Station Road',
    'Sunset Boulevard',
    'Union Street',
    'Victoria Road',
    'Willow Court',
  ],
  DE: [
    'Ahornweg',
    'Bahnhofstraße',
    'Gartenstraße',
    'Hauptstraße',
    'Lindenallee',
    'Mühlenweg',
    'Schillerstraße',
  ],
  SE: ['Björkvägen', 'Drottninggatan', 'Kungsgatan', 'Lindvägen', 'Storgatan', 'Strandvägen'],
};

/** What the second line calls a home in a larger house, where there is such a line. */
const DOORS: Readonly<Record<string, string>> = {
  US: 'Apt',
  CA: 'Unit',
  GB: 'Flat',
  IE: 'Flat',
  AU: 'Unit',
};

export interface SeedAddress {
  readonly label: 'home' | 'work' | 'gift';
  readonly recipient: string;
  readonly line1: string;
  readonly line2: string | null;
  readonly city: string;
  readonly region: string;
  readonly postalCode: string;
  readonly country: string;
}

function digits(random: Random, pattern: string): string {
  return pattern.replaceAll('#', () => String(random.int(1, 9)));
}

export function makeAddress(
  random: Random,
  recipient: string,
  label: SeedAddress['label'],
): SeedAddress {
  const { postalCode, ...place } = random.pick(CITIES);
  const street = random.pick(STREETS[place.country] ?? STREETS['default'] ?? []);
  const number = String(random.int(1, 289));
  const numberLast = place.country === 'DE' || place.country === 'SE';
  const door = DOORS[place.country];
  return {
    label,
    recipient,
    line1: numberLast ? `${street} ${number}` : `${number} ${street}`,
    line2: door !== undefined && random.chance(25) ? `${door} ${String(random.int(1, 40))}` : null,
    ...place,
    postalCode: digits(random, postalCode),
  };
}

/** A telephone number from the ranges that are reserved for fiction, where a country has them. */
export function makePhone(random: Random, country: string): string {
  const patterns: Readonly<Record<string, string>> = {
    US: '+1 ### 555 01##',
    CA: '+1 ### 555 01##',
    GB: '+44 20 7946 0###',
    IE: '+353 20 91# ####',
    DE: '+49 30 23125 ###',
    SE: '+46 8 465 004 ##',
    AU: '+61 3 5550 ####',
  };
  return digits(random, patterns[country] ?? '+1 ### 555 01##');
}
