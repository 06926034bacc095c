import { HostError } from '../base/errors.ts';
import { linkAbort, untilAborted } from '../base/abort.ts';
import { Slots, type Lane } from '../base/slots.ts';
import { startTimer } from '../base/timer.ts';
import type { Sample, SampleAnswer, SampleRequest } from '../call/asks.ts';
import type { SamplingConfig } from '../config/host-config.ts';
import type { Message } from '../model/message.ts';
import type { Model } from '../model/model.ts';

/** No model is asked for an exact number of tokens, and each counts its own: an answer is cut at about so many characters for one. */
const CHARS_PER_TOKEN = 4;

/** Bounds a `Sample`: few at once, the others wait; and none takes longer than it may. */
export function boundSampling(sample: Sample, config: SamplingConfig): Sample {
  const { maxInFlight, timeoutMs } = config;
  const lane = new Slots(Infinity).lane({ maxInFlight });
  return async (request, signal) => {
    using link = linkAbort(signal);
    const timer = startTimer(timeoutMs, () => {
      link.abort(new HostError('model', `no answer within sampling.timeoutMs = ${timeoutMs} ms`));
    });
    try {
      await takeSlot(lane, link.signal);
      try {
        return await untilAborted(sample(request, link.signal), link.signal);
      } finally {
        lane.release();
      }
    } finally {
      clearTimeout(timer);
    }
  };
}

async function takeSlot(lane: Lane, signal: AbortSignal): Promise<void> {
  if (lane.tryAcquire()) return;
  const place = lane.request();
  try {
    await untilAborted(place.granted, signal);
  } catch (reason) {
    place.abandon();
    throw reason;
  }
}

/** Has a model answer: no tools, and no more text than was allowed. */
export function sampleWith(model: Model): Sample {
  return async (request, signal) => {
    using link = linkAbort(signal);
    const asked = { messages: messagesOf(request), tools: [], parallelToolCalls: false };
    const maxChars = request.maxTokens * CHARS_PER_TOKEN;
    let text = '';
    for await (const event of model.respond(asked, link.signal)) {
      if (event.kind === 'text-delta') {
        text += event.text;
        const ended = endOf(text, request.stopSequences, maxChars);
        // Leaving the loop ends the model's stream.
        if (ended !== undefined) return { ...ended, model: model.name };
      } else if (event.kind === 'finish' && event.reason === 'content-filter') {
        throw new HostError('model', 'the endpoint’s content filter stopped it');
      } else if (event.kind === 'finish' && event.reason === 'length') {
        return { text, model: model.name, stopReason: 'maxTokens' };
      }
    }
    return { text, model: model.name, stopReason: 'endTurn' };
  };
}

function endOf(
  text: string,
  stops: readonly string[],
  maxChars: number,
): Omit<SampleAnswer, 'model'> | undefined {
  const places = stops.map((stop) => text.indexOf(stop)).filter((place) => place !== -1);
  const stop = places.length === 0 ? undefined : Math.min(...places);
  if (stop !== undefined && stop <= maxChars) {
    return { text: text.slice(0, stop), stopReason: 'stopSequence' };
  }
  return text.length > maxChars
    ? { text: text.slice(0, maxChars), stopReason: 'maxTokens' }
    : undefined;
}

function messagesOf({ systemPrompt, messages }: SampleRequest): readonly Message[] {
  const system: readonly Message[] =
    systemPrompt === undefined ? [] : [{ kind: 'system', text: systemPrompt }];
  return [
    ...system,
    ...messages.map(({ role, text }): Message =>
      role === 'user' ? { kind: 'user', text } : { kind: 'assistant', text, calls: [] },
    ),
  ];
}
