import type { Model, ModelEvent, ModelRequest } from '../model.ts';

/**
 * Stands in for a model where there is none: ranks any tools against the prompt, fills the arguments that it can find there, asks for one batch, and
 * shows the results. It invents nothing and knows no tool, server or prompt by name; everything that it knows of English is in `words.ts`.
 */
export class OfflinePlanner implements Model {
  readonly name = 'offline planner';
  readonly maxTools = Infinity;
  readonly #advice: string;

  /** `advice`: how to have a language model answer instead; a sentence. `""` for none. */
  constructor(advice = '') {
    this.#advice = advice;
  }

  async *respond(request: ModelRequest): AsyncGenerator<ModelEvent, void> {
    // All that it knows of English is loaded when it is asked.
    const { answer } = await import('./answer.ts');
    yield* answer(request, this.#advice);
  }
}
