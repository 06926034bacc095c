/** Arguments that several tools share. */
import * as z from 'zod';
import { MAX_MS, MAX_TEXT_CHARS } from '../limits.ts';

export function msField() {
  return z.int().min(0).max(MAX_MS);
}

export function textField() {
  return z.string().max(MAX_TEXT_CHARS);
}
