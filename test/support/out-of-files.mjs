// A process that has no file left to open, and waits for the end of a group that lives: prints what it makes of that. Runs on the built code.
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import {
  killAllGroups,
  registerGroup,
  waitForGroupEnd,
} from '../../dist/src/connect/process-groups.js';

const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
registerGroup(child.pid);
let isShort = false;
while (!isShort) {
  try {
    openSync('/dev/null');
  } catch {
    isShort = true;
  }
}
process.stdout.write(String(await waitForGroupEnd(child.pid, 300)));
killAllGroups();
