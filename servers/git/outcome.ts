import type { GitEnd } from './git-processes.ts';
import { READ_TIME_MS } from './limits.ts';
import { Refusal } from '../shared/refusal.ts';

/** The output of a command that has to succeed, or to be cut for its size. Throws a Refusal with what git says. */
export function succeeded(what: string, end: GitEnd): Buffer {
  if (end.kind === 'time') {
    throw new Refusal(
      `${what} took longer than ${READ_TIME_MS / 1000} s and was ended. Ask for less: one path, or fewer commits.`,
    );
  }
  if (end.kind === 'finished' && end.code !== 0) throw failed(what, end);
  return end.output;
}

/** What git says about its failure, in its own words: they name what was asked for. */
export function failed(what: string, end: GitEnd): Refusal {
  const said = end.messages.trim();
  return new Refusal(
    `${what} failed${said === '' ? ` (exit code ${end.code ?? 'unknown'})` : `: ${said}`}`,
  );
}

/** Cuts output into its NUL-ended fields. What a cut left of the last one is dropped. */
export function fieldsOf(output: Buffer): string[] {
  return output.toString().split('\0').slice(0, -1);
}
