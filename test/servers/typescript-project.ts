/** A small project that the tests of the `typescript` server ask about. Written to disk by each test that wants it. */
export const PROJECT = {
  'package.json': '{ "type": "module" }\n',
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      target: 'es2023',
      module: 'nodenext',
      strict: true,
      noEmit: true,
      jsx: 'preserve',
      types: [],
    },
    include: ['src'],
  }),

  'src/shapes.ts': `import { greet } from 'greeting';

/** Something with an area. */
export interface Shape {
  readonly name: string;
  /** In square metres. */
  area(scale: number): number;
}

export class Circle implements Shape {
  readonly name = greet('circle');
  #radius: number;

  constructor(radius: number) {
    this.#radius = radius;
  }

  area(scale: number): number {
    return Math.PI * this.#radius ** 2 * scale;
  }

  static unit(): Circle {
    return new Circle(1);
  }
}

export class Square implements Shape {
  readonly name = 'square';

  area(scale: number): number {
    return scale;
  }
}

export enum Unit {
  Metre,
  Foot = 7,
}

export type Size = 'small' | 'large' | { readonly exact: number };
`,

  'src/format.ts': `/**
 * Writes a value.
 * @returns {string} for people, see {@link collect}
 */
export function format(value: string): string;
export function format(value: number, digits?: number): string;
export function format(value: string | number, digits = 2): string {
  const text = typeof value === 'string' ? value : value.toFixed(digits);
  return text;
}

/** Picks something of each item. */
export const collect = <T, R = T>(items: readonly T[], pick: (item: T) => R): R[] => {
  const found = items.map((item) => pick(item));
  return found;
};

export function tag(parts: TemplateStringsArray): string {
  return parts.join('');
}
`,

  'src/index.ts': `export { format as formatValue, collect } from './format.js';
export * from './shapes.js';
`,

  'src/uses.ts': `import { /* renamed: */ formatValue, type Shape, Circle } from './index.js';
import {
  // one on a line of its own
  collect,
  tag,
} from './format.js';

const circle = new Circle(2);
const called = formatValue(1);
const options = formatValue /* spaced */ ('x');
const maybe: typeof formatValue | undefined = formatValue;
const optional = maybe?.('y');
const typed = collect<string, number>(['a'], (text) => text.length);
const tagged = tag\`text\`;
const short = { formatValue, tag };
const compared = typed.length < 3;

/** Not called here, but named: {@link collect}. */
export class Report {
  readonly shapes: Shape[] = [circle, { name: 'point', area: () => 0 }];

  total = (): number => this.shapes.reduce((sum, shape) => sum + shape.area(1), 0);

  lines(): string[] {
    const format = (shape: Shape) => formatValue(shape.area(2));
    return collect(this.shapes, format);
  }
}

export const all = [called, options, optional, tagged, short, compared];
`,

  'src/panel.tsx': `import { formatValue } from './index.js';

export function Panel(props: { readonly title: string }) {
  return <h1>{props.title}</h1>;
}

export const page = (
  <section>
    <Panel title={formatValue('a')} />
    <Panel title="b"></Panel>
  </section>
);
`,

  'src/jsx.d.ts': `declare namespace JSX {
  interface Element {}
  interface IntrinsicElements {
    h1: object;
    section: object;
  }
}
`,

  // No tsconfig.json includes it.
  'scripts/loose.ts': 'export const loose: number = 1;\n',

  'node_modules/greeting/package.json':
    '{ "name": "greeting", "version": "1.0.0", "types": "index.d.ts" }\n',
  'node_modules/greeting/index.d.ts': 'export declare function greet(whom: string): string;\n',
};
