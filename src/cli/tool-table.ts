import { visibleLine } from '../base/visible.ts';
import type { Tool } from '../call/tool.ts';
import { column, fit, widest, wrapped } from '../record/columns.ts';
import type { Paint } from '../record/paint.ts';
import { parametersLine } from './parameters.ts';

export interface TableOptions {
  /** `Infinity` where lines may be of any length. */
  readonly width: number;
  readonly paint: Paint;
}

export interface ToolTableOptions extends TableOptions {
  /** Whether what each tool takes stands below it. Default: no. */
  readonly parameters?: boolean;
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

/** The catalogue for people: a line for each tool, or two on a narrow terminal, and what it takes. Ends with a line break unless it is empty. */
export function toolTable(tools: readonly Tool[], options: ToolTableOptions): string {
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
  const isWide = room >= MIN_DESCRIPTION;
  const full = { ...widths, description: room };
  const entries = isWide ? wide(rows, full) : narrow(rows, options);
  const lines = entries.flatMap((entry, index) => {
    const tool = options.parameters === true ? tools[index] : undefined;
    return tool === undefined ? entry : [...entry, ...parameterRows(tool, options)];
  });
  const heading = isWide ? [options.paint.dim(wideLine(HEADINGS, full))] : [];
  return `${[...heading, ...lines].join('\n')}\n`;
}

const INDENT = '    ';
/** A tool that takes more than this is looked at with `--json`. */
const MAX_PARAMETER_ROWS = 8;

function parameterRows(tool: Tool, { width, paint }: TableOptions): readonly string[] {
  const room = Math.max(20, width - INDENT.length - 1);
  const rows = wrapped(parametersLine(tool), room).map((row) => fit(row, room));
  const shown =
    rows.length > MAX_PARAMETER_ROWS ? [...rows.slice(0, MAX_PARAMETER_ROWS), '…'] : rows;
  return shown.map((row) => `${INDENT}${paint.dim(row)}`);
}

type Widths = Readonly<Record<keyof Row, number>>;

/** The lines of each tool. */
function wide(rows: readonly Row[], widths: Widths): string[][] {
  return rows.map((row) => [wideLine(row, widths)]);
}

function wideLine(row: Row, widths: Widths): string {
  const parts = [
    column(row.name, widths.name),
    column(row.server, widths.server),
    column(row.access, widths.access),
    column(row.declared, widths.declared),
    fit(row.description, widths.description),
  ];
  return parts.join(GAP).trimEnd();
}

function narrow(rows: readonly Row[], { width, paint }: TableOptions): string[][] {
  return rows.map((row) => {
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
