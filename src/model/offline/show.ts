import { visibleLine } from '../../base/visible.ts';
import type { Tool } from '../../call/tool.ts';
import { cut, outcomeText } from '../content.ts';
import type { MessageCall, ToolResult } from '../message.ts';
import { argumentsOf, type Argument } from './argument.ts';
import type { Plan } from './plan.ts';

/** What the planner says of itself, first of all. */
const INTRODUCTION = 'Offline planner (no language model): ';

/** Longest part of one result that is shown, in characters. */
const MAX_RESULT = 4_000;
const MAX_LISTED = 12;

export function showPlan(plan: Plan, advice: string): string {
  const count = plan.calls.length;
  return `${INTRODUCTION}${String(count)} ${count === 1 ? 'call' : 'calls'} for what the prompt names.${after(advice)}\n`;
}

function after(advice: string): string {
  return advice === '' ? '' : ` ${advice}`;
}

/** The results as the servers gave them, each under a heading. */
export function showResults(calls: readonly MessageCall[], results: readonly ToolResult[]): string {
  const parts = results.map((result, index) => {
    const given = calls[index]?.arguments ?? '';
    return `## ${result.name} ${visibleLine(given)}\n\n${cut(readable(outcomeText(result.outcome, result.name)), MAX_RESULT)}`;
  });
  const head = `${INTRODUCTION}the results as the tools gave them, unread.`;
  return [head, ...parts].join('\n\n');
}

/** JSON on one line is spread out; everything else stays as it is. */
function readable(text: string): string {
  if (text.length < 80 || text.includes('\n') || !/^[[{]/u.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // It only looked like JSON.
    return text;
  }
}

/** Why nothing is called, and what could be asked. */
export function showNothing(
  plan: Plan,
  { tools, advice }: { readonly tools: readonly Tool[]; readonly advice: string },
): string {
  if (tools.length === 0) return `${INTRODUCTION}there are no tools to call.${after(advice)}`;
  const withheld = plan.withheld.map(
    (tool) => `- ${tool.exposed} fits, but is not declared read-only: ask for it with its own verb`,
  );
  const closest = plan.closest
    .slice(0, 3)
    .map(({ tool, missing }) => `- ${tool.exposed} lacks ${missing.map(example).join(' and ')}`);
  const listed = tools.slice(0, MAX_LISTED).map((tool) => `- ${tool.exposed}${summary(tool)}`);
  const more = tools.length - listed.length;
  return [
    `${INTRODUCTION}no tool fits this prompt with the values in it.${after(advice)}`,
    'It takes values that can be seen as such: "order 123", src/main.ts, an address, a date, "words in quotes".',
    ...section('Closest:', [...withheld, ...closest]),
    ...section('Tools:', more > 0 ? [...listed, `- and ${String(more)} more`] : listed),
  ].join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines];
}

/** How a value could be given: `order_id (say "order 123")`. */
function example(argument: Argument): string {
  const { name, type, choices } = argument;
  const [noun] = wordsFor(argument);
  if (choices.length > 0) return `${name} (one of ${choices.slice(0, 5).join(', ')})`;
  if (type === 'integer' || type === 'number') return `${name} (say "${noun ?? name} 123")`;
  return type === 'string' ? `${name} (say it in quotes)` : name;
}

function wordsFor(argument: Argument): string[] {
  return [...argument.words].filter((word) => !['id', 'ids', 'number', 'no'].includes(word));
}

function summary(tool: Tool): string {
  const required = argumentsOf(tool).filter((argument) => argument.required);
  const signature = required.length === 0 ? '' : `(${required.map(({ name }) => name).join(', ')})`;
  const words = visibleLine(tool.title || tool.description, 80);
  return words === '' ? signature : `${signature}: ${words}`;
}
