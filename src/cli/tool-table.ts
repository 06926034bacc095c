import { visibleLine } from '../base/visible.ts';
import type { Tool } from '../call/tool.ts';
import { column, fit, widest } from '../record/columns.ts';
import type { Paint } from '../record/paint.ts';

export interface TableOptions {
  /** `Infinity` where lines may be of any length. */
  readonly width: number;
  readonly paint: Paint;
}

const HEADINGS = {
  name: 'NAME',
  server: 'SERVER',
  access: 'ACCESS',
  declared: 'DECLARED',
  description: 'DESCRIPTION',
};
type Row = typeof HEADINGS;

const GAP = '  ';
/** A description needs this much room beside the other columns; without it, it goes below. */
const MIN_DESCRIPTION = 30;
const MAX_DESCRIPTION = 200;

/** The catalogue for people: a line for each tool, or two on a narrow terminal. Ends with a line break unless it is empty. */
export function toolTable(tools: readonly Tool[], options: TableOptions): string {
  if (tools.length === 0) return '';
  const rows = tools.map(toRow);
  const width = (key: keyof Row): number => {
    const texts = [HEADINGS, ...rows].map((row) => row[key]);
    return widest(texts, 64);
  };
  const widths = {
    name: width('name'),
    server: width('server'),
    access: width('access'),
    declared: width('declared'),
  };
  const room =
    options.width - Object.values(widths).reduce((sum, each) => sum + each + GAP.length, 0);
  const lines =
    room >= MIN_DESCRIPTION
      ? wide(rows, { ...widths, description: room }, options.paint)
      : narrow(rows, options);
  return `${lines.join('\n')}\n`;
}

function wide(
  rows: readonly Row[],
  widths: Readonly<Record<keyof Row, number>>,
  paint: Paint,
): string[] {
  const line = (row: Row): string => {
    const parts = [
      column(row.name, widths.name),
      column(row.server, widths.server),
      column(row.access, widths.access),
      column(row.declared, widths.declared),
      fit(row.description, widths.description),
    ];
    return parts.join(GAP).trimEnd();
  };
  return [paint.dim(line(HEADINGS)), ...rows.map(line)];
}

function narrow(rows: readonly Row[], { width, paint }: TableOptions): string[] {
  return rows.flatMap((row) => {
    const facts = [row.server, row.access, row.declared, row.description].filter(
      (fact) => fact !== '' && fact !== '-',
    );
    return [paint.strong(fit(row.name, width)), paint.dim(fit(`  ${facts.join(' · ')}`, width))];
  });
}

function toRow(tool: Tool): Row {
  return {
    name: tool.exposed,
    server: visibleLine(tool.server, 64),
    access: `${tool.access} ${visibleLine(tool.accessRule, 64)}`,
    declared: declaredText(tool),
    description: visibleLine(tool.description || tool.title, MAX_DESCRIPTION),
  };
}

function declaredText(tool: Tool): string {
  if (tool.declaredReadOnly) return 'read-only';
  return tool.declaredIdempotent ? 'idempotent' : '-';
}
