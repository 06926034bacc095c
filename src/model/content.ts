import { grouped } from '../base/grouped.ts';
import { isJsonObject } from '../base/json.ts';
import type { Answer, ContentBlock, Outcome, Ran } from '../call/outcome.ts';
import { attachmentOf, type Attachment, type AttachmentKind } from './attachments.ts';
import { tells } from './told.ts';

/**
 * An outcome as text for a model: the server's own words for an answer, one that the model can act on for everything else. A pure function, so that the
 * same results make the same bytes whatever the order in which they came. `maxChars` default `Infinity`: results are cut by the host, before a model reads them.
 * What is cut off here is counted in a note.
 */
export function outcomeText(outcome: Outcome, name: string, maxChars = Infinity): string {
  return cut(wholeText(outcome, name, answerText), maxChars);
}

/** An outcome for a model that takes more than text. */
export interface OutcomeContent {
  /** The same as {@link outcomeText}, where each attachment is referred to by its number, from 1. */
  readonly text: string;
  /** In the order of the result's blocks. */
  readonly attachments: readonly Attachment[];
}

/** An outcome as text and what goes beside it: of the blocks that text cannot carry those whose kind is in `attach`. As pure as {@link outcomeText}. */
export function outcomeContent(
  outcome: Outcome,
  name: string,
  attach: ReadonlySet<AttachmentKind>,
): OutcomeContent {
  const attachments: Attachment[] = [];
  const textOf = (answer: Answer): string =>
    contentText(answer, (block) => {
      const found = attachmentOf(block);
      if (found === undefined || !attach.has(found.kind)) return blockText(block);
      attachments.push(found);
      return blockText(block, `attachment ${String(attachments.length)}`);
    });
  return { text: wholeText(outcome, name, textOf), attachments };
}

function wholeText(outcome: Outcome, given: string, textOf: (answer: Answer) => string): string {
  const name = given === '' ? 'an unnamed tool' : given;
  if (outcome.kind === 'ok') return textOf(outcome) || 'The tool ran and returned nothing.';
  if (outcome.kind === 'tool-error')
    return `Error from ${name}: ${textOf(outcome) || 'it gives no reason.'}`;
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
  unknown:
    'It is not known whether the tool ran: if it changes something, check before you call it again.',
};

function sentence(message: string): string {
  return /[.!?]$/u.test(message) ? message : `${message}.`;
}

/** The text of an answer; structured content is a part of it where its own text does not tell it: servers are asked to send it as text, too, but need not. */
export function answerText(answer: Answer): string {
  return contentText(answer, (block) => blockText(block));
}

function contentText(answer: Answer, textOf: (block: ContentBlock) => string): string {
  return toldBlocks(answer).map(textOf).join('\n');
}

/** The blocks whose texts are the answer's: its own, and one for structured content that they do not tell. */
export function toldBlocks(answer: Answer): readonly ContentBlock[] {
  const untold = untoldStructured(answer);
  return untold === undefined
    ? answer.content
    : [...answer.content, { type: 'text', text: untold }];
}

/**
 * Structured content, as JSON, that a model would not get to know otherwise. `undefined` where there is none, where the other content tells it, and where the text
 * was cut: it was told in what is kept.
 */
export function untoldStructured(answer: Answer): string | undefined {
  const { content, structuredContent, cut: parts = [] } = answer;
  if (structuredContent === undefined || parts.some(({ part }) => part === 'text'))
    return undefined;
  const told = content.map((block) => blockText(block)).join('\n');
  const json = JSON.stringify(structuredContent);
  return content.length > 0 && tells(told, structuredContent, json) ? undefined : json;
}

/** One block as text. `place` says where to find what text cannot carry. */
export function blockText(block: ContentBlock, place = ''): string {
  switch (block.type) {
    case 'text':
      return stringOf(block['text']);
    case 'image':
    case 'audio':
      return marker(block.type, [stringOf(block['mimeType']), sizeOf(block['data']), place]);
    case 'resource_link':
      return marker('link', [stringOf(block['uri']), stringOf(block['title'] ?? block['name'])]);
    case 'resource':
      return isJsonObject(block['resource'])
        ? resourceText(block['resource'], place)
        : marker('resource', []);
    default:
      return marker(block.type, []);
  }
}

function resourceText(resource: Readonly<Record<string, unknown>>, place: string): string {
  const uri = stringOf(resource['uri']);
  if (typeof resource['text'] === 'string')
    return `${marker('resource', [uri])}\n${resource['text']}`;
  return marker('resource', [
    `${uri} ${stringOf(resource['mimeType'])}`.trim(),
    sizeOf(resource['blob']),
    place,
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
