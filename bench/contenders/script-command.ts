import { fileURLToPath } from 'node:url';
import type { Contender } from '../race/contender.ts';

/** The command line of a script beside this file, which takes the text, and the command of the only server. */
export function scriptCommand(script: string): NonNullable<Contender['command']> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  return (errand, [server]) => {
    if (errand.kind !== 'call' || server?.kind !== 'stdio') return undefined;
    const args = [path, errand.text, server.command, ...server.args];
    return { program: process.execPath, args };
  };
}
