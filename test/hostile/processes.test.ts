import { describe } from 'vitest';
import { verifies } from '../support/verifies.ts';
import { PROCESS_FAULTS } from './process-faults.ts';

describe('a healthy server answers twenty calls beside', () => {
  for (const { title, run } of PROCESS_FAULTS)
    verifies('siblings:healthy-beside-fault', title, run);
});
