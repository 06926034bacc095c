import * as z from 'zod';
import { globFault } from './globs.ts';

// The kinds of value that a config holds. An `error` text continues "<key> …" and says what would be right.

/** The longest delay that a timer of Node can take; a longer one would fire at once. */
const MAX_MS = 2 ** 31 - 1;
const MAX_COUNT = 2 ** 31 - 1;

const BUDGET = `must be a duration in ms: a number above 0 and at most ${String(MAX_MS)} (24 days), or null for no limit`;
/** A duration in ms, or `null` for no limit. */
export const budget = z
  .number({ error: BUDGET })
  .positive({ error: BUDGET })
  .max(MAX_MS, { error: BUDGET })
  .nullable();

const PATIENCE = `must be a duration in ms: a number from 0 to ${String(MAX_MS)} (24 days)`;
/** A duration in ms that may be 0. */
export const patience = z
  .number({ error: PATIENCE })
  .nonnegative({ error: PATIENCE })
  .max(MAX_MS, { error: PATIENCE });

/** How many of something: at least one. */
export const count = counting(`must be a whole number from 1 to ${String(MAX_COUNT)}`);
/** How many of something, or `null` for no limit. */
export const countOrNull = counting(
  `must be a whole number from 1 to ${String(MAX_COUNT)}, or null for no limit`,
).nullable();

function counting(error: string): z.ZodInt {
  return z.int({ error }).positive({ error }).max(MAX_COUNT, { error });
}

const RATE = 'must be a number above 0 and at most 1000000';
/** How often in a second; may be below 1. */
export const rate = z
  .number({ error: RATE })
  .positive({ error: RATE })
  .max(1_000_000, { error: RATE });

/** A text with something in it. */
export const filled = z.string().min(1, { error: 'must not be empty' });

/** A glob over names. */
export const glob = z.string().superRefine((text, context) => {
  const fault = globFault(text);
  if (fault !== undefined) context.addIssue(fault);
});
