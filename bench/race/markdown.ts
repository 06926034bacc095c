import { FLOOR, HOST, isFloor } from './entrants.ts';
import type { EntrantResults, Results, RowResults } from './results.ts';
import type { Spread } from './statistics.ts';

/** So much of a reason goes into a cell; all of it stands in the JSON. */
const REASON = 60;

export interface TableOptions {
  /** With the middle half of all samples, and the reasons of failures. */
  readonly detailed: boolean;
}

/** Everything, with date and machine. */
export function documentOf(results: Results): string {
  const { date, machine, quick, absent, sheets } = results;
  const rows = sheets.flatMap((sheet) => sheet.rows);
  const taken = sum(rows.map((row) => row.taken));
  const busy = sum(rows.map((row) => row.takenWhileBusy));
  return [
    `${date.slice(0, 10)}, ${machine}. Medians; in brackets the middle half of the samples. A plain number is a multiple of the floor, of the same round each.`,
    ...(busy > 0 ? [`${busy} of ${taken} samples began while the machine was busy.`] : []),
    ...(quick
      ? ['With --quick the works are smaller than they are called: this is no measurement.']
      : []),
    ...absent,
    ...sheets.flatMap(({ title, rows }) => [`## ${title}`, tableOf(rows, { detailed: true })]),
  ].join('\n\n');
}

/** One table of many rows; whoever took part in one of them has a column. */
export function tableOf(rows: readonly RowResults[], options: TableOptions): string {
  const others = rows
    .flatMap(({ entrants }) => entrants)
    .filter((entrant) => (options.detailed ? entrant.name !== FLOOR : !isFloor(entrant)));
  const columns = [...new Map(others.map(({ name, title }) => [name, title]))];
  const lines = [
    ['work', 'floor', ...columns.map(([, title]) => title), 'goal'],
    ['---', '---', ...columns.map(() => '---'), '---'],
    ...rows.map((row) => [
      row.name,
      cell(row, find(row, FLOOR), options),
      ...columns.map(([name]) => cell(row, find(row, name), options)),
      goalCell(row),
    ]),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function find(row: RowResults, name: string): EntrantResults | undefined {
  return row.entrants.find((entrant) => entrant.name === name);
}

function cell(row: RowResults, entrant: EntrantResults | undefined, options: TableOptions): string {
  // A floor has no multiple of itself to show: its value is what others are measured by.
  const isValue = entrant !== undefined && isFloor(entrant);
  const figure = entrant?.[isValue ? 'value' : row.shows];
  if (figure === undefined) return missing(entrant, options);
  const unit = isValue ? row.unit : unitOf(row);
  const text = spreadText(figure, scaleOf(figure.median, unit), options);
  return entrant?.name === HOST ? `**${text}**` : text;
}

function goalCell(row: RowResults): string {
  const { goal, shows, reached } = row;
  if (goal === undefined) return '–';
  const spread = { median: goal, low: goal, high: goal };
  const text = spreadText(spread, scaleOf(goal, unitOf(row)), { detailed: false });
  const words = shows === 'excess' ? ' above the floor' : '';
  return `${text}${words}${reached === false ? ' (missed)' : ''}`;
}

function unitOf({ shows, unit }: RowResults): RowResults['unit'] | 'times' {
  return shows === 'ratio' ? 'times' : unit;
}

function missing(entrant: EntrantResults | undefined, { detailed }: TableOptions): string {
  if (entrant?.failed === undefined) return '–';
  return detailed ? `fails (${cellText(entrant.failed).slice(0, REASON)})` : 'fails';
}

/** A reason on one line, with nothing in it that ends a cell. */
function cellText(text: string): string {
  return text.replaceAll(/\s+/gu, ' ').replaceAll('|', '\\|');
}

/** What a row's figures are written in: as large as the one that matters is. */
interface Scale {
  readonly one: number;
  readonly suffix: string;
  readonly digits: number;
}

function spreadText(spread: Spread, scale: Scale, { detailed }: TableOptions): string {
  const text = (value: number): string => (value / scale.one).toFixed(scale.digits);
  const { median, low, high } = spread;
  // One sample has no spread.
  const middle = detailed && low !== high ? ` (${text(low)}–${text(high)})` : '';
  return `${text(median)}${middle}${scale.suffix}`;
}

function scaleOf(value: number, unit: RowResults['unit'] | 'times'): Scale {
  if (unit === 'times') return { one: 1, suffix: '', digits: 2 };
  if (unit === 'ms') return scale(value, 1, ' ms');
  const size = Math.abs(value);
  if (size >= 1_000_000) return scale(value, 1_000_000, ' MB');
  return size >= 1_000 ? scale(value, 1_000, ' kB') : scale(value, 1, ' B');
}

function scale(value: number, one: number, suffix: string): Scale {
  return { one, suffix, digits: Math.abs(value / one) < 10 ? 1 : 0 };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
