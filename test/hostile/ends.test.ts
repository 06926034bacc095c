import { describe } from 'vitest';
import { verifies } from '../support/verifies.ts';
import { END_FAULTS } from './end-faults.ts';

describe('a healthy server answers twenty calls beside', () => {
  for (const { title, run } of END_FAULTS) verifies('siblings:healthy-beside-fault', title, run);
});
