import { HostError } from '../../src/base/errors.ts';
import type { EndpointOptions } from '../../src/model/endpoint.ts';
import type { Model, ModelEvent, ModelRequest } from '../../src/model/model.ts';
import { fakeTool } from './fake-tools.ts';
import { scriptedEndpoint, type Step } from './scripted-endpoint.ts';

export const HELLO: ModelRequest = {
  messages: [{ kind: 'user', text: 'Hello' }],
  tools: [],
  parallelToolCalls: true,
};
export const ONE_TOOL: ModelRequest = {
  ...HELLO,
  tools: [fakeTool('look', { n: { type: 'integer' } })],
};
export const never = new AbortController().signal;

/** Settings of a model that asks `baseURL`, and tries again at once. */
export function settings(baseURL: string, more: Partial<EndpointOptions> = {}): EndpointOptions {
  return { baseURL, apiKey: 'sk-secret', model: 'some-model', retryBaseMs: 1, ...more };
}

export async function ask(
  model: Model,
  request: ModelRequest = HELLO,
  signal: AbortSignal = never,
): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of model.respond(request, signal)) events.push(event);
  return events;
}

type ModelAt = (baseURL: string) => Model;

/** The events of one scripted answer. */
export async function answerOf(
  modelAt: ModelAt,
  step: Step,
  request: ModelRequest = ONE_TOOL,
): Promise<ModelEvent[]> {
  await using endpoint = await scriptedEndpoint([step]);
  return await ask(modelAt(endpoint.url), request);
}

/** The events that came before the error of one scripted answer, and the error. */
export async function brokenAnswerOf(
  modelAt: ModelAt,
  step: Step,
): Promise<{ events: ModelEvent[]; error: HostError }> {
  await using endpoint = await scriptedEndpoint([step]);
  const events: ModelEvent[] = [];
  try {
    for await (const event of modelAt(endpoint.url).respond(ONE_TOOL, never)) events.push(event);
  } catch (reason) {
    if (reason instanceof HostError) return { events, error: reason };
    throw reason;
  }
  throw new Error('no error');
}

/** What the model says. */
export function textOf(events: readonly ModelEvent[]): string {
  return events.map((event) => (event.kind === 'text-delta' ? event.text : '')).join('');
}
