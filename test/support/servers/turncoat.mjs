// A server that is of whichever era a file says when it starts: `node turncoat.mjs FILE`; the file holds `modern`, or the mode of `raw.mjs`.
import { readFileSync } from 'node:fs';

const what = readFileSync(process.argv[2], 'utf8');
process.argv.splice(2, 1, ...(what === 'modern' ? ['stdio', 'reject'] : [what]));
await import(what === 'modern' ? './modern.mjs' : './raw.mjs');
