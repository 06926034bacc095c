import { isSameJson } from '../base/json.ts';
import type { RawTool } from './raw-tool.ts';

/** A server's tools as they are known: the same array as long as it lists the same, so that nobody takes what has not changed for something new. */
export class KnownTools {
  #all: readonly RawTool[];

  /** Begins with what is remembered, if anything is. */
  constructor(remembered: readonly RawTool[] = []) {
    this.#all = remembered;
  }

  get all(): readonly RawTool[] {
    return this.#all;
  }

  /** Takes a list that the server has given. Returns whether it says something else than the one before. */
  adopt(listed: readonly RawTool[]): boolean {
    if (isSameJson(this.#all, listed)) return false;
    this.#all = listed;
    return true;
  }
}
