import { test } from 'vitest';
import { REQUIREMENTS, type RequirementId } from '../requirements.ts';

/** A test that proves a guarantee by its id; `title` says which side of it. The ids are listed in `test/requirements.ts`. */
export function verifies(id: RequirementId, title: string, run: () => void | Promise<void>): void {
  test(`${id} · ${title} (${REQUIREMENTS[id].invariant})`, run);
}
