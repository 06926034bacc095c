import { HostError } from '../base/errors.ts';
import { pathText, type Problem } from './check.ts';
import type { ConfigDocument, Path, Position } from './config-text.ts';
import type { ConfigNotice } from './host-config.ts';

/** More faults than this are counted, not listed. */
const MAX_LISTED = 10;

interface PlacedProblem extends Position {
  readonly path: Path;
  readonly message: string;
}

/** One pass over a document: collects what is wrong and what is worth a notice, each with its place in the text. */
export class Reading {
  readonly document: ConfigDocument;
  readonly #problems: PlacedProblem[] = [];
  readonly #notices: ConfigNotice[] = [];

  constructor(document: ConfigDocument) {
    this.document = document;
  }

  /** Notes something wrong. `position` default: looked up by the problem's path. */
  problem(problem: Problem, position = this.#locate(problem)): void {
    this.#problems.push({ ...position, path: problem.path, message: problem.message });
  }

  /** Notes something that a person should know. */
  notice(notice: Problem): void {
    this.#notices.push({ ...this.#locate(notice), message: notice.message });
  }

  /** What was noted so far, in the order of the text. */
  get notices(): readonly ConfigNotice[] {
    return this.#notices.toSorted(byPosition);
  }

  /** Everything wrong so far as one error, in the order of the text; `undefined` if nothing is. */
  get error(): HostError | undefined {
    const problems = this.#problems.toSorted(byPosition);
    const [first] = problems;
    if (first === undefined) return undefined;
    const lines = problems
      .slice(0, MAX_LISTED)
      .map((problem) => this.placed(problem.message, problem));
    const more = problems.length - lines.length;
    if (more > 0) lines.push(`… and ${String(more)} more`);
    const { line, column, path } = first;
    return new HostError('config', lines.join('\n'), {
      details: { file: this.document.name, line, column, key: pathText(path) },
    });
  }

  /** Several problems as one line of text, each with its place. */
  describe(problems: readonly Problem[]): string {
    const texts = problems.slice(0, MAX_LISTED).map((problem) => {
      return this.placed(problem.message, this.#locate(problem));
    });
    return texts.join('; ');
  }

  /** `file:line:column: message`. */
  placed(message: string, position: Position): string {
    const { name } = this.document;
    const { line, column } = position;
    return line === 0
      ? `${name}: ${message}`
      : `${name}:${String(line)}:${String(column)}: ${message}`;
  }

  #locate(problem: Problem): Position {
    return this.document.locate(problem.path, problem.part);
  }
}

/** Orders what has a place by that place. */
export function byPosition(a: Position, b: Position): number {
  return a.line - b.line || a.column - b.column;
}
