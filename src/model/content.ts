import { isJsonObject } from '../base/json.ts';
import type { Answer, ContentBlock, Outcome, Ran } from '../call/outcome.ts';

/** Longest text of one call, in UTF-16 code units, the note about the cut included. */
const MAX_CHARS = 100_000;

/**
 * An outcome as text for a model: the server's own words for an answer, one that the model can act on for everything else. A pure function, so that the
 * same results make the same bytes whatever the order in which they came. `maxChars` default 100_000; what is cut off is counted in a note.
 */
export function outcomeText(outcome: Outcome, name: string, maxChars: number = MAX_CHARS): string {
  return cut(wholeText(outcome, name === '' ? 'an unnamed tool' : name), maxChars);
}

function wholeText(outcome: Outcome, name: string): string {
  if (outcome.kind === 'ok') return answerText(outcome) || 'The tool ran and returned nothing.';
  if (outcome.kind === 'tool-error')
    return `Error from ${name}: ${answerText(outcome) || 'it gives no reason.'}`;
  const { kind, code, message, ran } = outcome;
  return `Call of ${name} ${HOW[kind]} (${code}): ${sentence(message)} ${RAN[ran]}`;
}

const HOW: Readonly<Record<Exclude<Outcome['kind'], 'ok' | 'tool-error'>, string>> = {
  invalid: 'is invalid',
  denied: 'was denied',
  timeout: 'timed out',
  cancelled: 'was cancelled',
  failed: 'failed',
};

const RAN: Readonly<Record<Ran, string>> = {
  yes: 'The tool ran.',
  no: 'The tool did not run.',
  unknown: 'It is not known whether the tool ran: check before you call it again.',
};

function sentence(message: string): string {
  return /[.!?]$/u.test(message) ? message : `${message}.`;
}

/** The text of an answer; structured content only stands in where there is no other content: servers are asked to send it as text, too. */
export function answerText(answer: Answer): string {
  if (answer.content.length > 0) return answer.content.map(blockText).join('\n');
  return answer.structuredContent === undefined ? '' : JSON.stringify(answer.structuredContent);
}

function blockText(block: ContentBlock): string {
  switch (block.type) {
    case 'text':
      return stringOf(block['text']);
    case 'image':
    case 'audio':
      return marker(block.type, [stringOf(block['mimeType']), sizeOf(block['data'])]);
    case 'resource_link':
      return marker('link', [stringOf(block['uri']), stringOf(block['title'] ?? block['name'])]);
    case 'resource':
      return isJsonObject(block['resource'])
        ? resourceText(block['resource'])
        : marker('resource', []);
    default:
      return marker(block.type, []);
  }
}

function resourceText(resource: Readonly<Record<string, unknown>>): string {
  const uri = stringOf(resource['uri']);
  if (typeof resource['text'] === 'string')
    return `${marker('resource', [uri])}\n${resource['text']}`;
  return marker('resource', [
    `${uri} ${stringOf(resource['mimeType'])}`.trim(),
    sizeOf(resource['blob']),
  ]);
}

/** Stands for what text cannot carry: `[image image/png, 12,345 bytes]`. */
function marker(type: string, facts: readonly string[]): string {
  const known = facts.filter((fact) => fact !== '');
  return known.length === 0 ? `[${type}]` : `[${type} ${known.join(', ')}]`;
}

function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** How many bytes a base64 text stands for. */
function sizeOf(data: unknown): string {
  if (typeof data !== 'string') return '';
  const padding = data.endsWith('==') ? 2 : data.endsWith('=') ? 1 : 0;
  return `${grouped(Math.floor((data.length * 3) / 4) - padding)} bytes`;
}

/** `12,345`, in every locale. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/gu, ',');
}

/** Keeps the start. The note has room whatever `maxChars` is, and no character is cut in two. */
export function cut(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const room = Math.max(0, maxChars - NOTE_ROOM);
  const splits = HIGH_SURROGATE.test(text.charAt(room - 1));
  const kept = text.slice(0, splits ? room - 1 : room);
  return `${kept}\n[cut: ${grouped(text.length - kept.length)} of ${grouped(text.length)} characters are left out here]`;
}

const NOTE_ROOM = 80;
const HIGH_SURROGATE = /[\uD800-\uDBFF]/u;
