import { describe } from 'vitest';
import { verifies } from '../support/verifies.ts';
import { LIST_FAULTS } from './list-faults.ts';
import { SCHEMA_FAULTS } from './schema-faults.ts';

describe('a healthy server answers twenty calls beside', () => {
  for (const { title, run } of [...SCHEMA_FAULTS, ...LIST_FAULTS]) {
    verifies('siblings:healthy-beside-fault', title, run);
  }
});
