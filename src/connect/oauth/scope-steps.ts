import { AuthorizationProblem } from './problem.ts';

/** How often more is asked for than was granted at first. */
const MAX_STEPS = 3;

/** What was asked for after a server had said that what was granted does not suffice. */
export class ScopeSteps {
  readonly #steps = new Set<string>();

  /** Takes down the next one. Throws an AuthorizationProblem where it was granted before, and did not help: the server will not be content. */
  count(scope: string | undefined): void {
    const step = scope ?? '';
    if (this.#steps.has(step) || this.#steps.size >= MAX_STEPS) {
      const what = JSON.stringify(step.slice(0, 200));
      throw new AuthorizationProblem(
        `it is not content with the scope ${what}, which it asked for`,
      );
    }
    this.#steps.add(step);
  }
}
