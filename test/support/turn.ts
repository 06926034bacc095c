import { setImmediate } from 'node:timers/promises';

/**
 * Resolves when everything that can happen without time or input has happened: all microtasks, and what they start. Nothing between a batch and its
 * scripted servers needs more, so that "did not happen" can be asserted without sleeping.
 */
export async function turn(): Promise<void> {
  await setImmediate();
  await setImmediate();
}
