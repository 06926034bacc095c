import { createHash } from 'node:crypto';
import { duration, seconds } from './duration.ts';
import { escapeHtml } from './html.ts';
import { callHtml, FILLS, toneOf } from './trace-call-html.ts';
import { strip, type Part } from './trace-svg.ts';
import { PAGE_STYLE } from './trace-page-style.ts';
import {
  batchSummary,
  feedWords,
  traceNotes,
  traceTotals,
  turnWords,
  WAITS,
} from './trace-view.ts';
import type { Trace, TraceBatch, TraceTurn } from './trace.ts';

/** How each page begins. */
const PAGE_START = [
  '<!doctype html>',
  '<html lang="en">',
  '<head>',
  '<meta charset="utf-8">',
  '<meta name="generator" content="mcp-fanout trace">',
].join('\n');

/** Whether a file that begins so is a page of {@link traceHtml}. */
export function isTracePage(start: string): boolean {
  return start.startsWith(PAGE_START);
}

/**
 * A recorded run as one page that needs nothing else: no script, no font, no address to ask, so that it opens anywhere and sends nothing anywhere; its
 * own policy forbids it. Everything out of the trace is escaped.
 */
export function traceHtml(trace: Trace, name: string): string {
  const hash = createHash('sha256').update(PAGE_STYLE).digest('base64');
  const title = escapeHtml(name);
  return [
    PAGE_START,
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="referrer" content="no-referrer">',
    `<title>${title} · mcp-fanout trace</title>`,
    `<style>${PAGE_STYLE}</style>`,
    '</head>',
    '<body><main>',
    heading(trace, title),
    notes(trace),
    trace.kind === 'run' ? overview(trace) : '',
    legend(trace),
    ...trace.turns.map((turn, index) => turnHtml(turn, index)),
    '</main></body>',
    '</html>',
    '',
  ].join('\n');
}

function heading(trace: Trace, title: string): string {
  const { kind, startedAt, wallMs, turns } = trace;
  const { calls, failed, open = 0, sumMs, wallMs: batchMs, speedup } = traceTotals(trace);
  const facts = [
    ['', seconds(wallMs), kind === 'run' ? 'the whole run' : 'in all'],
    ...(kind === 'run' ? [['', String(turns.length), turns.length === 1 ? 'turn' : 'turns']] : []),
    ['', String(calls), calls === 1 ? 'call' : 'calls'],
    ...(failed > 0 ? [['bad', String(failed), 'failed']] : []),
    ...(open > 0 ? [['', String(open), 'not ended']] : []),
    ['', seconds(batchMs), 'in batches'],
    ['', seconds(sumMs), 'one by one'],
    ...(speedup < 1.05 ? [] : [['', `${speedup.toFixed(1)}×`, 'faster together']]),
  ];
  const items = facts.map(
    ([tone = '', value = '', words = '']) =>
      `<li class="${tone}"><b>${value}</b><span class="soft">${words}</span></li>`,
  );
  const when = escapeHtml(startedAt.replace('T', ' ').replace(/\.\d+Z$/u, ' UTC'));
  return `<h1>${title}</h1>\n<div class="soft">Trace of a ${kind}, ${when}</div>\n<ul class="facts">${items.join('')}</ul>`;
}

function notes(trace: Trace): string {
  const items = traceNotes(trace).map((note) => `<li>${escapeHtml(note)}</li>`);
  for (const { name, state, reason, notices } of trace.servers) {
    const who = `<b>${escapeHtml(name)}</b>`;
    if (state === 'failed') {
      items.push(`<li class="bad">${who} not available: ${escapeHtml(reason ?? '')}</li>`);
    }
    for (const notice of notices) items.push(`<li>${who} ${escapeHtml(notice)}</li>`);
  }
  return items.length === 0 ? '' : `<ul class="notes">${items.join('')}</ul>`;
}

/** Who had the time: the servers' start, the model, the calls. */
function overview({ servers, turns, wallMs }: Trace): string {
  const model = turns.flatMap(({ turn, startedMs, endedMs, batch }): Part[] => {
    if (turn === null) return [];
    // How long it still wrote once its calls ran is not known: up to its first call it was the model's time for certain.
    const until = batch === null ? (endedMs ?? wallMs) : batch.startedMs;
    const words = `turn ${String(turn)}: the model, ${duration(until - startedMs)}`;
    return [{ startMs: startedMs, endMs: until, fill: 'accent', words }];
  });
  const tools = turns.flatMap(({ turn, batch }): Part[] => {
    if (batch === null) return [];
    const words = `turn ${String(turn)}: ${batchSummary(batch)}`;
    const endMs = batch.startedMs + batch.wallMs;
    return [{ startMs: batch.startedMs, endMs, fill: 'ok', words }];
  });
  const settled = servers.flatMap(({ name, state, settledMs }) =>
    settledMs === null
      ? []
      : [{ endMs: settledMs, words: `${name}: ${state} after ${duration(settledMs)}` }],
  );
  const start = {
    startMs: 0,
    endMs: settled.reduce((last, { endMs }) => Math.max(last, endMs), 0),
    fill: 'servers',
    words: settled.map(({ words }) => words).join('\n'),
  };
  return [
    '<section class="card"><header><h2>Who had the time</h2></header><div class="overview">',
    `<div class="row"><span class="soft">servers</span>${strip(settled.length === 0 ? [] : [start], wallMs, 'The servers’ start')}</div>`,
    `<div class="row"><span class="soft">model</span>${strip(model, wallMs, 'The model’s time')}</div>`,
    `<div class="row"><span class="soft">tools</span>${strip(tools, wallMs, 'The tools’ time')}</div>`,
    `<div class="axis"><i></i>${axis(wallMs)}</div>`,
    '</div></section>',
  ].join('\n');
}

/** What the colours mean, of those that are there. */
function legend({ turns }: Trace): string {
  const calls = turns.flatMap(({ batch }) => batch?.calls ?? []);
  const used = new Set<string>(calls.flatMap(({ waits }) => waits.map(({ reason }) => reason)));
  for (const call of calls) if (call.sends.length > 0) used.add(toneOf(call));
  const items = [
    ...Object.entries(FILLS),
    ...Object.entries(WAITS).map(([reason, { words }]) => [reason, `waits for ${words}`] as const),
  ].filter(([fill]) => used.has(fill));
  return `<ul class="legend">${items.map(([fill, words]) => legendItem(fill, words)).join('')}</ul>`;
}

function legendItem(fill: string, words: string): string {
  return `<li><svg viewBox="0 0 12 12" aria-hidden="true"><rect class="fill-${fill}" width="12" height="12"/></svg>${escapeHtml(words)}</li>`;
}

function turnHtml(turn: TraceTurn, index: number): string {
  const title = turn.turn === null ? `Batch ${String(index + 1)}` : `Turn ${String(turn.turn)}`;
  const id = turn.turn === null ? `batch-${String(index + 1)}` : `turn-${String(turn.turn)}`;
  const said = turn.text.trim() === '' ? '' : `<p class="said">${escapeHtml(turn.text.trim())}</p>`;
  return [
    `<section class="card" id="${escapeHtml(id)}">`,
    `<header><h2>${escapeHtml(title)} <span class="soft">· ${escapeHtml(turnWords(turn))}</span></h2>${said}</header>`,
    ...(turn.batch === null ? [] : batchHtml(turn.batch)),
    footer(turn),
    '</section>',
  ].join('\n');
}

function batchHtml(batch: TraceBatch): readonly string[] {
  if (batch.calls.length === 0) return [];
  return [
    `<div class="axis"><i></i>${axis(batch.wallMs)}</div>`,
    ...batch.calls.map((call) => callHtml(call, batch.wallMs)),
  ];
}

function footer(turn: TraceTurn): string {
  if (turn.batch === null) return '';
  const fed = feedWords(turn);
  const link =
    turn.resultsInto === null
      ? escapeHtml(fed ?? '')
      : `<a href="#turn-${escapeHtml(String(turn.resultsInto))}">${escapeHtml(fed ?? '')}</a>`;
  const feed = fed === undefined ? '' : `<span class="feed">${link}</span>`;
  return `<footer><b>${escapeHtml(batchSummary(turn.batch))}</b>${feed}</footer>`;
}

/** Five marks over the whole time: at the left of each quarter, and at the end. */
function axis(wallMs: number): string {
  const marks = [0, 1, 2, 3].map((quarter) => {
    const mark = quarter === 0 ? '0' : duration((wallMs * quarter) / 4);
    return `<i>${mark}${quarter === 3 ? `<b class="soft">${duration(wallMs)}</b>` : ''}</i>`;
  });
  return `<span>${marks.join('')}</span>`;
}
