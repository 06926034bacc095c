import { describe } from 'vitest';
import { verifies } from '../support/verifies.ts';
import { ANSWER_FAULTS } from './answer-faults.ts';

describe('a healthy server answers twenty calls beside', () => {
  for (const { title, run } of ANSWER_FAULTS) verifies('siblings:healthy-beside-fault', title, run);
});
