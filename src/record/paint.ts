/** Marks parts of a line for the eye. Who writes to the terminal decides how; lines are measured before they are painted. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly strong: (text: string) => string;
}

const same = (text: string): string => text;

/** Leaves everything as it is: for pipes, for files, for people who want no colours. */
export const PLAIN: Paint = { good: same, bad: same, warn: same, dim: same, strong: same };
