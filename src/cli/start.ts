import { CommanderError } from 'commander';
import { EXIT } from './exit-codes.ts';
import { buildProgram } from './program.ts';

// A reader that goes away (`| head`) is no error: whoever writes finds out by itself.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

// Not awaited here: no other module could be loaded into a bundle whose first one waits.
void buildProgram()
  .parseAsync()
  .catch((reason: unknown) => {
    if (!(reason instanceof CommanderError)) throw reason;
    // Commander has told what is wrong; its own exit code for that is 1.
    process.exitCode = reason.exitCode === 0 ? EXIT.done : EXIT.usage;
  });
