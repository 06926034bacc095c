import type { JSONRPCMessage } from '@modelcontextprotocol/client';

/** The id of a JSON-RPC message. */
export type MessageId = string | number;

/** The id of the request that a message takes back; `undefined` for a message that takes none back. */
export function cancelledId(message: JSONRPCMessage): MessageId | undefined {
  if (!('method' in message) || message.method !== 'notifications/cancelled') return undefined;
  const id: unknown = message.params?.['requestId'];
  return typeof id === 'number' || typeof id === 'string' ? id : undefined;
}

const STRING = String.raw`"(?:[^"\\]|\\.)*"`;
const NUMBER = String.raw`-?\d{1,15}`;
/** A member whose value is short and plain: such members stand before or after the id. */
const MEMBER = String.raw`(${STRING})\s*:\s*(${NUMBER}|${STRING})\s*`;
const FIRST_MEMBER = new RegExp(String.raw`^\s*${MEMBER},`, 's');
const LAST_MEMBER = new RegExp(String.raw`,\s*${MEMBER}$`, 's');

/**
 * The id that an answer is for, when only the two ends of the answer are known. Found only where it cannot be mistaken: as a member of the outermost
 * object, among the plain members that open the message or that close it (SDK v1 servers write it last). `undefined` otherwise, and for a
 * message that is no answer: a server's own requests have ids of their own.
 */
export function findAnswerId(head: string, tail: string): MessageId | undefined {
  const members = [...openingMembers(head), ...closingMembers(tail)];
  if (members.some((member) => member.key === '"method"')) return undefined;
  return parseId(members.find((member) => member.key === '"id"')?.value);
}

interface Member {
  readonly key: string | undefined;
  readonly value: string | undefined;
}

function openingMembers(head: string): readonly Member[] {
  const open = /^\s*\{/.exec(head);
  if (open === null) return [];
  const members: Member[] = [];
  let rest = head.slice(open[0].length);
  for (let match = FIRST_MEMBER.exec(rest); match !== null; match = FIRST_MEMBER.exec(rest)) {
    members.push({ key: match[1], value: match[2] });
    rest = rest.slice(match[0].length);
  }
  return members;
}

/**
 * The last `}` of a line of JSON closes the outermost object, so plain members just before it are that object's own. They cannot be inside a string:
 * its quotes would be escaped, and the line would not end there.
 */
function closingMembers(tail: string): readonly Member[] {
  const close = /\}\s*$/.exec(tail);
  if (close === null) return [];
  const members: Member[] = [];
  let rest = tail.slice(0, close.index);
  for (let match = LAST_MEMBER.exec(rest); match !== null; match = LAST_MEMBER.exec(rest)) {
    members.push({ key: match[1], value: match[2] });
    rest = rest.slice(0, match.index);
  }
  return members;
}

function parseId(text: string | undefined): MessageId | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' || typeof value === 'number' ? value : undefined;
  } catch {
    // A string with a bad escape: no id that could be matched.
    return undefined;
  }
}
