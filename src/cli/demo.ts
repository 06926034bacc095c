import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { visible } from '../base/visible.ts';
import { Excerpt } from './excerpt.ts';
import { Terminal } from './terminal.ts';

/** The repository: this file is built to `dist/src/cli/`. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MAIN = 'dist/cli/main.cjs';
const CONFIG = 'mcp.config.json';

const QUESTIONS = [
  'Give me the full picture on customer 1234',
  'Where is "runBatch" mentioned, and what does package.json say?',
  'What is the type of runBatch, and where is it called?',
] as const;

/** So that a question, its calls and the beginning of its answer are on one screen of 24 rows. */
const ANSWER_LINES = 14;
const SECTION_LINES = 3;

const { stdout, stderr, env } = process;
const terminal = new Terminal({ stdout, stderr, env, color: !process.argv.includes('--no-color') });

/** Shows the main job on this repository's own servers: `npm run demo`. Resolves to the exit code. */
async function demo(): Promise<number> {
  const { strong, dim } = terminal.out;
  say(
    strong('mcp-fanout: one question, many tool calls, all at once'),
    '',
    'Three MCP servers of this repository are started: "customers", a support desk',
    'whose lookups take 400, 500 and 600 ms; "workspace", this very folder; and',
    '"typescript", what the compiler knows of it.',
    'No key and no network is needed: a planner picks the tools, and no language',
    'model is asked, whatever OPENAI_API_KEY and OPENAI_BASE_URL say.',
  );
  for (const question of QUESTIONS) {
    say('', dim(`$ npx mcp-fanout run --config ${CONFIG} \\`), dim(`    ${quoted(question)}`), '');
    const code = await ask(question);
    if (code !== 0) return code;
  }
  say('', strong('Try next'));
  for (const [what, ...command] of NEXT)
    say(`  ${what}`, ...command.map((line) => dim(`    ${line}`)));
  return 0;
}

const NEXT = [
  [
    'The tools that the model sees, and how their calls are scheduled:',
    `npx mcp-fanout tools --config ${CONFIG}`,
  ],
  [
    'The same calls one by one, 1.5 s instead of 0.6 s:',
    `npx mcp-fanout run --no-parallel --config ${CONFIG} \\`,
    `  ${quoted(QUESTIONS[0])}`,
  ],
  [
    'A language model instead of the planner (OPENAI_BASE_URL: any endpoint):',
    `OPENAI_API_KEY=… npx mcp-fanout run --config ${CONFIG} \\`,
    '  "What does src/batch do?"',
  ],
] as const;

/** Runs the real command; of its answer the beginning is shown. */
async function ask(question: string): Promise<number> {
  const child = spawn(process.execPath, [MAIN, 'run', question, '--config', CONFIG], {
    cwd: ROOT,
    // Empty counts as not set: then the offline planner answers, and does not advise to set them.
    env: { ...env, OPENAI_API_KEY: '', OPENAI_BASE_URL: '' },
    stdio: ['inherit', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const excerpt = new Excerpt({
    width: Math.min(terminal.outColumns, 120) - 1,
    linesPerSection: SECTION_LINES,
    lines: ANSWER_LINES,
  });
  for await (const line of createInterface({ input: child.stdout })) {
    say(...excerpt.push(line).map(safe));
  }
  say(...excerpt.end());
  const [code] = (await ended) as [number | null];
  return code ?? 1;
}

function say(...lines: readonly string[]): void {
  for (const line of lines) terminal.result(`${line}\n`);
}

/** The child writes to a pipe: what it passes on has not been made safe for a terminal. */
function safe(line: string): string {
  return terminal.outIsTerminal ? visible(line) : line;
}

function quoted(question: string): string {
  return question.includes('"') ? `'${question}'` : `"${question}"`;
}

// A Ctrl-C is the child's, too: it ends first, and says how.
process.on('SIGINT', () => undefined);
process.exitCode = await demo();
