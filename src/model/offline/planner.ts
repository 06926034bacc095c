import type { Message } from '../message.ts';
import type { Model, ModelEvent, ModelRequest } from '../model.ts';
import { planCalls } from './plan.ts';
import { readPrompt } from './prompt.ts';
import { showNothing, showPlan, showResults } from './show.ts';

/**
 * Stands in for a model where there is none: ranks any tools against the prompt, fills the arguments that it can find there, asks for one batch, and
 * shows the results. It invents nothing and knows no tool, server or prompt by name; everything that it knows of English is in `words.ts`.
 */
export class OfflinePlanner implements Model {
  readonly name = 'offline planner';
  readonly maxTools = Infinity;

  async *respond(request: ModelRequest): AsyncGenerator<ModelEvent, void> {
    const results = lastResults(request.messages);
    if (results !== undefined) {
      yield { kind: 'text-delta', text: results };
      yield { kind: 'finish', reason: 'stop' };
      return;
    }
    const plan = planCalls(request.tools, readPrompt(lastPrompt(request.messages)));
    if (plan.calls.length === 0) {
      yield { kind: 'text-delta', text: showNothing(plan, request.tools) };
      yield { kind: 'finish', reason: 'stop' };
      return;
    }
    yield { kind: 'text-delta', text: showPlan(plan) };
    for (const { tool, arguments: args } of plan.calls)
      yield { kind: 'tool-call', call: { name: tool.exposed, arguments: JSON.stringify(args) } };
    yield { kind: 'finish', reason: 'tool-calls' };
  }
}

/** The results to show, when the conversation stands at a follow-up. */
function lastResults(messages: readonly Message[]): string | undefined {
  const last = messages.at(-1);
  if (last?.kind !== 'tool-results') return undefined;
  const asked = messages.at(-2);
  return showResults(asked?.kind === 'assistant' ? asked.calls : [], last.results);
}

function lastPrompt(messages: readonly Message[]): string {
  const last = messages.findLast((message) => message.kind === 'user');
  return last?.text ?? '';
}
