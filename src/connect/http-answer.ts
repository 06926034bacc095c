import { HostError } from '../base/errors.ts';
import { isJsonObject } from '../base/json.ts';

/** The messages in a text: one, or a batch. */
export function messagesIn(text: string): readonly unknown[] | Error {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (reason) {
    return HostError.from(reason, 'protocol');
  }
  const messages: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (messages.every(isMessage)) return messages;
  return new HostError('protocol', 'it is no JSON-RPC message');
}

/** Whether it is meant as a message; what is wrong with it otherwise, the guard tells. */
function isMessage(value: unknown): boolean {
  if (!isJsonObject(value) || value['jsonrpc'] !== '2.0') return false;
  return 'id' in value || 'method' in value || 'error' in value;
}

export function isErrorOf(id: number, message: unknown): boolean {
  return isJsonObject(message) && message['id'] === id && message['error'] !== undefined;
}
