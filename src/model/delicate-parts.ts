import { isObjectText } from './argument-text.ts';
import { attachmentOf, type AttachmentKind } from './attachments.ts';
import type { Message } from './message.ts';

/**
 * What of a conversation an endpoint may refuse: attachments, and calls whose arguments are no JSON object, which some endpoints parse in
 * all that they are shown.
 */
export function delicateParts(
  messages: readonly Message[],
): ReadonlySet<'raw-arguments' | AttachmentKind> {
  return new Set(messages.flatMap(partsOf));
}

function partsOf(message: Message): ('raw-arguments' | AttachmentKind)[] {
  if (message.kind === 'assistant')
    return message.calls.some((call) => !isObjectText(call.arguments)) ? ['raw-arguments'] : [];
  if (message.kind !== 'tool-results') return [];
  return message.results.flatMap(({ outcome }) =>
    'content' in outcome ? outcome.content.flatMap((block) => attachmentOf(block)?.kind ?? []) : [],
  );
}
