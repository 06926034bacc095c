import type { Json } from '../base/json.ts';
import { duration } from './duration.ts';
import { escapeHtml } from './html.ts';
import { strip, type Part } from './trace-svg.ts';
import {
  counted,
  cutWords,
  ownDuration,
  stateOf,
  WAITS,
  waitSums,
  waitWords,
} from './trace-view.ts';
import { hasFailed, type TraceCall } from './trace.ts';

/** What the colours of a bar mean, but for the waits. */
export const FILLS: Readonly<Record<string, string>> = {
  ok: 'runs, and ends well',
  bad: 'runs, and fails',
  open: 'was running when the recording ended',
};

/** One call: a line of the waterfall, which unfolds to all that is known of it. */
export function callHtml(call: TraceCall, wallMs: number): string {
  const tone = toneOf(call);
  const name = escapeHtml(call.tool ?? call.name);
  const server = escapeHtml(call.server ?? '?');
  return [
    '<details class="run">',
    `<summary class="row"><span class="who" title="${escapeHtml(call.name)}"><b>${name}</b> <span class="soft">${server}</span></span>`,
    strip(parts(call, wallMs), wallMs, `${call.name}: ${stateOf(call)}`),
    `<span class="ms">${ownDuration(call)}</span><span class="state ${tone}">${escapeHtml(stateOf(call))}</span></summary>`,
    `<div class="detail"><dl>${facts(call, wallMs).join('')}</dl></div>`,
    '</details>',
  ].join('\n');
}

/** How a call ended, as the colour of its bar. */
export function toneOf(call: TraceCall): 'ok' | 'bad' | 'open' {
  if (call.outcome === null) return 'open';
  return hasFailed(call) ? 'bad' : 'ok';
}

/** A thin line while the call is there, the waits upon it, and the times when its server had it. */
function parts(call: TraceCall, wallMs: number): readonly Part[] {
  const endMs = call.endedMs ?? wallMs;
  const whole = {
    startMs: call.queuedMs,
    endMs,
    fill: 'idle',
    words: 'between its arrival and its end',
    thin: true,
  };
  const waits = call.waits.map(({ reason, startMs, endMs: end }): Part => {
    const until = end ?? wallMs;
    const words = `${duration(until - startMs)} for ${WAITS[reason].words} (${WAITS[reason].name})`;
    return { startMs, endMs: until, fill: reason, words, thin: true };
  });
  const sends = call.sends.map(({ attempt, startMs, endMs: end }, index): Part => {
    const until = end ?? wallMs;
    const isLast = index === call.sends.length - 1;
    const words = `try ${String(attempt)}: ${duration(until - startMs)}`;
    return { startMs, endMs: until, fill: isLast ? toneOf(call) : 'bad', words };
  });
  return [whole, ...waits, ...sends];
}

function facts(call: TraceCall, wallMs: number): readonly string[] {
  const { id, name, access, accessRule, attempts, revisions, outcome } = call;
  const fact = (term: string, content: string): string => `<dt>${term}</dt><dd>${content}</dd>`;
  const waits = waitSums(call, wallMs).map(waitWords);
  const sends = call.sends.map(({ attempt, startMs, endMs }) => {
    const took = endMs === null ? 'never answered' : duration(endMs - startMs);
    return `try ${String(attempt)} at ${duration(startMs)}: ${took}`;
  });
  const code = outcome?.code ?? null;
  return [
    fact('Tool', `${escapeHtml(name)} <span class="soft">· ${escapeHtml(id)}</span>`),
    ...(access === null
      ? []
      : [fact('Access', escapeHtml(`${access} (${accessRule ?? 'no rule'})`))]),
    fact('Waited', escapeHtml(waits.length === 0 ? 'for nothing' : waits.join('; '))),
    fact(
      'Sent',
      escapeHtml(
        sends.length > 0 ? sends.join('; ') : attempts > 0 ? 'by the call that it shares' : 'never',
      ),
    ),
    ...(revisions === 0 ? [] : [fact('Rewritten', counted(revisions, 'time'))]),
    fact('Arguments', pre(argumentText(call.arguments))),
    ...(outcome === null
      ? [fact('Outcome', 'none: it never ended')]
      : [
          fact(
            'Outcome',
            escapeHtml(`${outcome.kind}${code === null ? '' : ` (${code})`} · ran: ${outcome.ran}`),
          ),
          ...call.cut.map((part) => fact('Cut', escapeHtml(cutWords(part)))),
          fact('Result', pre(outcome.text ?? '(left out)')),
        ]),
  ];
}

function argumentText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

function pre(text: string): string {
  return `<pre>${escapeHtml(text)}</pre>`;
}
