import { visible, visibleLine } from '../base/visible.ts';
import { column, widest, wrapped } from '../record/columns.ts';
import { duration } from '../record/duration.ts';
import type { Paint } from '../record/paint.ts';
import type { ServerDiagnosis, Trouble } from './diagnosis.ts';
import type { DoctorReport } from './doctor.ts';
import type { ModelCheck } from './model-check.ts';
import { bounded } from './notices.ts';
import type { TableOptions } from './tool-table.ts';

const MAX_NAME = 24;
/** Problems stand below their server, their further lines below themselves. */
const INDENT = '    ';
const HANGING = `${INDENT}  `;

/** The report for people. Safe to show; ends with a line break. */
export function doctorText(report: DoctorReport, options: TableOptions): string {
  const { paint } = options;
  const { config, model, servers } = report;
  const names = servers.map(({ name }) => visibleLine(name, MAX_NAME));
  const width = widest(['config', 'model', ...names], MAX_NAME);
  const path = config.path ?? 'config';
  const lines = [
    line(
      config.notices.length === 0 ? paint.good('✓') : paint.warn('!'),
      column('config', width),
      visible(path),
    ),
    ...config.notices.map(({ line: row, column: at, message }) => {
      const place = row === 0 ? '' : `:${String(row)}:${String(at)}`;
      return `${INDENT}${paint.warn('!')} ${hanging(`${path}${place}: ${message}`, options)}`;
    }),
    line(modelGlyph(model, paint), column('model', width), modelWords(model)),
    ...model.problems.flatMap((trouble) => troubleLines(trouble, options)),
  ];
  for (const server of servers) {
    const name = column(visibleLine(server.name, MAX_NAME), width);
    lines.push(line(glyph(server, paint), paint.strong(name), stateWords(server)));
    lines.push(...server.problems.flatMap((trouble) => troubleLines(trouble, options)));
  }
  lines.push('', paint.strong(summary(report)));
  return `${lines.join('\n')}\n`;
}

function line(...parts: readonly string[]): string {
  return parts.join('  ').trimEnd();
}

function glyph({ state, problems }: ServerDiagnosis, paint: Paint): string {
  if (state === 'disabled') return paint.dim('-');
  if (state !== 'ready') return paint.bad('✗');
  return problems.length === 0 ? paint.good('✓') : paint.warn('!');
}

function stateWords(server: ServerDiagnosis): string {
  const { state, era, protocolVersion, tools, readyMs } = server;
  if (state === 'disabled') return 'disabled in the config';
  if (state === 'backing-off') return 'went away, and is restarting';
  if (state !== 'ready') return state;
  return [
    `ready after ${duration(readyMs ?? 0)}`,
    counted(tools ?? 0, 'tool'),
    `protocol ${visibleLine(protocolVersion ?? '', 40)} (${era ?? ''})`,
  ].join(' · ');
}

function modelGlyph({ problems }: ModelCheck, paint: Paint): string {
  if (problems.length === 0) return paint.good('✓');
  return problems.some(({ severity }) => severity === 'error') ? paint.bad('✗') : paint.warn('!');
}

function modelWords({ name, address, apiKeyEnv, hasKey }: ModelCheck): string {
  if (address === null) return visibleLine(name, 80);
  const key = hasKey
    ? `key in ${visibleLine(apiKeyEnv, 64)}`
    : `no key in ${visibleLine(apiKeyEnv, 64)}`;
  return `${visibleLine(name, 80)} at ${visibleLine(address)} · ${key} · not called`;
}

function troubleLines({ severity, what, mend }: Trouble, options: TableOptions): readonly string[] {
  const { paint } = options;
  const mark = severity === 'error' ? paint.bad('✗') : paint.warn('!');
  // What is to be copied is not broken into rows.
  const advice = visible(mend).replaceAll('\n', `\n${HANGING}`);
  return [`${INDENT}${mark} ${hanging(what, options)}`, `${INDENT}${paint.dim(`→ ${advice}`)}`];
}

function hanging(text: string, { width }: TableOptions): string {
  const rows = bounded(text, '').split('\n');
  const room = Math.max(20, width - HANGING.length - 1);
  return rows.flatMap((row) => wrapped(row, room)).join(`\n${HANGING}`);
}

/** Whether the model answers is not known. */
const WELL = 'the servers are well; the model was not called';

/** `3 servers: 2 ready, 1 failed · 1 error, 2 warnings`. */
function summary({ servers, model, config, ok }: DoctorReport): string {
  const states = new Map<string, number>();
  for (const { state } of servers) states.set(state, (states.get(state) ?? 0) + 1);
  const parts = [...states].map(([state, count]) => `${String(count)} ${state}`);
  const troubles = [model, ...servers].flatMap(({ problems }) => problems);
  const errors = troubles.filter(({ severity }) => severity === 'error').length;
  const warnings = troubles.length - errors + config.notices.length;
  const counts = [
    ...(errors > 0 ? [counted(errors, 'error')] : []),
    ...(warnings > 0 ? [counted(warnings, 'warning')] : []),
  ];
  const verdict = counts.length > 0 ? counts.join(', ') : ok ? WELL : 'nothing to check';
  return `${counted(servers.length, 'server')}${parts.length === 0 ? '' : `: ${parts.join(', ')}`} · ${verdict}`;
}

function counted(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}
