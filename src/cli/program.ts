import { Command, InvalidArgumentError, Option } from 'commander';
import { DEFAULT_MODEL } from '../config/host-config.ts';
import { VERSION } from '../host/version.ts';
import { LOG_LEVELS } from '../record/log.ts';
import type { CallFlags } from './call.ts';
import type { CommonFlags } from './context.ts';
import { execute } from './execute.ts';
import type { InitFlags } from './init.ts';
import type { RunFlags } from './run.ts';
import type { ToolsFlags } from './tools.ts';
import type { TraceFlags } from './trace.ts';
import type { TrustFlags } from './trust.ts';

const PARALLEL_MODES = ['auto', 'read-only', 'always', 'never'];

/** The command line: what there is, and what it says about itself. What a command does is loaded when it is used. */
export function buildProgram(): Command {
  const program = new Command('mcp-fanout')
    .description(
      'Connects to many MCP servers at once and runs a model’s tool calls concurrently over all of them.',
    )
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(options stand after the command; add --help for what is possible)');
  program.addCommand(runCommand());
  program.addCommand(callCommand());
  program.addCommand(toolsCommand());
  program.addCommand(doctorCommand());
  program.addCommand(initCommand());
  program.addCommand(trustCommand());
  program.addCommand(traceCommand());
  examples(program, [
    'mcp-fanout run "Give me the full picture on customer 1234"',
    'mcp-fanout tools "order status"',
  ]);
  return program;
}

function runCommand(): Command {
  const command = new Command('run')
    .description('asks the model, runs its tool calls, and goes on until it stops')
    .argument('<prompt>', 'what to ask; "-" reads it from stdin')
    .option(
      '--model <name>',
      `the model to ask, at the configured address (default: the config's, or else ${DEFAULT_MODEL})`,
    )
    .addOption(new Option('--api <api>', 'how to ask it').choices(['chat', 'responses']))
    .option('--max-turns <n>', 'most messages to ask the model for', positiveInteger)
    .option('--allow <glob>', 'let tools run without asking (repeatable; "*" for all)', collect)
    .option('--deny <glob>', 'never let tools run (repeatable; wins over all else)', collect);
  addBatchOptions(command);
  addCommonOptions(command);
  examples(command, [
    'mcp-fanout run "Give me the full picture on customer 1234"',
    'git diff | mcp-fanout run - --allow "workspace__*" --trace run.jsonl',
  ]);
  return command.action(async (prompt: string, flags: RunFlags) => {
    await execute(flags, async (context) => {
      const { run } = await import('./run.ts');
      return run(context, prompt, flags);
    });
  });
}

function callCommand(): Command {
  const command = new Command('call')
    .description('runs one batch of tool calls, without a model')
    .usage('[options] TOOL JSON [TOOL JSON …]\n       mcp-fanout call [options] --batch FILE')
    .argument('[calls...]', 'exposed names of tools, each followed by its arguments as JSON')
    .option(
      '--batch <file>',
      'the calls as a JSON array or lines of {"name", "arguments"}, or an assistant message with "tool_calls"; "-" reads stdin',
    );
  addBatchOptions(command);
  addCommonOptions(command);
  examples(command, [
    `mcp-fanout call customers__get_customer '{"customer_id": 1234}' customers__get_orders '{"customer_id": 1234}'`,
    'mcp-fanout call --json --batch calls.json',
  ]);
  return command.action(async (words: readonly string[], flags: CallFlags) => {
    await execute(flags, async (context) => {
      const { call } = await import('./call.ts');
      return call(context, words, flags);
    });
  });
}

function toolsCommand(): Command {
  const command = new Command('tools')
    .description(
      'lists the tools of all servers: name, server, access class and its rule, declared or not',
    )
    .argument('[query...]', 'words to rank the tools by; what each takes is shown, too')
    .option('--live', 'start and ask every server, though its tools are remembered');
  addCommonOptions(command);
  examples(command, ['mcp-fanout tools', 'mcp-fanout tools "search text" --json']);
  return command.action(async (words: readonly string[], flags: ToolsFlags) => {
    const query = words.length === 0 ? undefined : words.join(' ');
    await execute(flags, async (context) => {
      const { tools } = await import('./tools.ts');
      return tools(context, query, flags);
    });
  });
}

function doctorCommand(): Command {
  const command = new Command('doctor').description(
    'connects to every server, and says what is wrong and how to mend it; on a terminal, lets you allow the access to servers that ask for it (OAuth); calls no tool and no model',
  );
  addCommonOptions(command);
  examples(command, ['mcp-fanout doctor', 'mcp-fanout doctor --server docs --json']);
  return command.action(async (flags: CommonFlags) => {
    await execute(flags, async (context) => {
      const { doctor } = await import('./doctor.ts');
      return doctor(context, flags);
    });
  });
}

function trustCommand(): Command {
  const command = new Command('trust')
    .description('shows what a config starts, and remembers it as trusted')
    .argument('[path]', 'the config; default: the one that would be used here')
    .option('--yes', 'trust it without asking');
  addCommonOptions(command, { startsServers: false });
  examples(command, ['mcp-fanout trust', 'mcp-fanout trust ./mcp.config.json --yes']);
  return command.action(async (path: string | undefined, flags: TrustFlags) => {
    await execute(flags, async (context) => {
      const { trustConfig } = await import('./trust.ts');
      return trustConfig(context, path, flags);
    });
  });
}

function initCommand(): Command {
  const command = new Command('init')
    .description('writes a first config that works, here or as your own; overwrites nothing')
    .option('--user', 'write your own config, which is used wherever you are')
    .option('--force', 'replace a config that is there; the old one is kept beside it');
  addCommonOptions(command, { startsServers: false });
  examples(command, ['mcp-fanout init', 'mcp-fanout init --user']);
  return command.action(async (flags: InitFlags) => {
    await execute(flags, async (context) => {
      const { init } = await import('./init.ts');
      return init(context, flags);
    });
  });
}

function traceCommand(): Command {
  const command = new Command('trace')
    .description(
      'shows a recorded run: when each call ran, why it waited, and where its result went',
    )
    .argument('<file>', 'what run or call wrote with --trace')
    .option('--html <out>', 'write it as one page that works offline');
  addCommonOptions(command, { startsServers: false });
  examples(command, ['mcp-fanout trace run.jsonl', 'mcp-fanout trace run.jsonl --html run.html']);
  return command.action(async (file: string, flags: TraceFlags) => {
    await execute(flags, async (context) => {
      const { showTrace } = await import('./trace.ts');
      return showTrace(context, file, flags);
    });
  });
}

function addBatchOptions(command: Command): void {
  command
    .addOption(
      new Option('--parallel <mode>', 'what may overlap, for all servers').choices(PARALLEL_MODES),
    )
    .option('--no-parallel', 'one call at a time, in order')
    .option('--trace <file>', 'record everything that happens, one JSON line an event');
}

/** Every command takes them all; where no server is started, `--server` says nothing and is not shown. */
function addCommonOptions(command: Command, { startsServers } = { startsServers: true }): void {
  command
    .option('--config <path>', 'the config to use')
    .option('--json', 'one JSON document on stdout')
    .addOption(
      new Option('--server <name>', 'use only this server (repeatable)')
        .argParser(collect)
        .hideHelp(!startsServers),
    )
    .addOption(
      new Option('--log-level <level>', 'how much to tell on stderr')
        .choices([...LOG_LEVELS])
        .default('warn'),
    )
    .option('--no-color', 'no colours')
    // Not inherited by commands that are added ready-made.
    .exitOverride()
    .showHelpAfterError('(add --help for what is possible)');
}

function examples(command: Command, lines: readonly [string, string]): void {
  command.addHelpText('after', ['', 'Examples:', ...lines.map((line) => `  ${line}`)].join('\n'));
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1 || text.trim() === '') {
    throw new InvalidArgumentError('It must be a whole number from 1 on.');
  }
  return value;
}
