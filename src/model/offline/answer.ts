import type { Message } from '../message.ts';
import type { ModelEvent, ModelRequest } from '../model.ts';
import { planCalls } from './plan.ts';
import { readPrompt } from './prompt.ts';
import { showNothing, showPlan, showResults } from './show.ts';

/** What the planner answers: one batch of calls to a prompt, the results to their results. `advice`: how to have a language model answer instead. */
export function* answer(request: ModelRequest, advice: string): Generator<ModelEvent, void> {
  const results = lastResults(request.messages);
  if (results !== undefined) {
    yield { kind: 'text-delta', text: results };
    yield { kind: 'finish', reason: 'stop' };
    return;
  }
  const plan = planCalls(request.tools, readPrompt(lastPrompt(request.messages)));
  if (plan.calls.length === 0) {
    yield { kind: 'text-delta', text: showNothing(plan, { tools: request.tools, advice }) };
    yield { kind: 'finish', reason: 'stop' };
    return;
  }
  yield { kind: 'text-delta', text: showPlan(plan, advice) };
  for (const { tool, arguments: args } of plan.calls)
    yield { kind: 'tool-call', call: { name: tool.exposed, arguments: JSON.stringify(args) } };
  yield { kind: 'finish', reason: 'tool-calls' };
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
