import type { Reporter } from 'vitest/node';
import { guarantees, reportText } from './requirements-report.ts';

/** Prints the guarantees instead of the tests that were run: for `npm run requirements`, which fails by `test/requirements.test.ts`. */
// oxlint-disable-next-line import/no-default-export -- this is how a reporter is loaded
export default class RequirementsReporter implements Reporter {
  async onTestRunEnd(): Promise<void> {
    process.stdout.write(reportText(await guarantees()));
  }
}
