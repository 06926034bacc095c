import { visible } from '../base/visible.ts';
import { HostError } from '../base/errors.ts';
import { describeCommands } from '../config/describe-commands.ts';
import { findConfig } from '../config/find.ts';
import type { HostConfig } from '../config/host-config.ts';
import { loadConfig } from '../config/load.ts';
import { isTrusted, trust } from '../config/trust.ts';
import { tells } from '../record/log.ts';
import { askKey } from './ask.ts';
import { canAsk, type Context } from './context.ts';

export interface ChooseOptions {
  /** Whether what is odd about the config is told on stderr. Default `true`; `false` for a command whose result tells it. */
  readonly tellNotices?: boolean;
}

/**
 * The config that a command works with: the one that `--config` names, else the user's own, else the nearest one upwards, which must be trusted: on a
 * terminal that is asked here, once. Throws HostError `config`, and `untrusted` where nobody can be asked or says no.
 */
export async function chooseConfig(
  context: Context,
  options: ChooseOptions = {},
): Promise<HostConfig> {
  const { terminal, env, flags } = context;
  const choice = await findConfig(flags.config, { env });
  const config = await loadConfig(choice.path, { env });
  if (options.tellNotices !== false) noteConfig(context, config);
  if (choice.origin !== 'found') return config;

  const { trusted, notice } = await isTrusted(config.source, { env });
  if (notice !== undefined) terminal.note(`${terminal.err.warn('!')} ${visible(notice)}`);
  if (trusted) return config;
  const refusal = `the config ${choice.path} was only found here, and nobody has trusted it yet: it starts nothing. Look at it with "mcp-fanout trust", or name it with --config ${choice.path}`;
  if (!canAsk(context)) throw new HostError('untrusted', refusal);
  if (!(await askToTrust(context, config)))
    throw new HostError('untrusted', 'not trusted: nothing was started');
  return config;
}

/** Shows what a config starts, and asks whether to remember it as trusted. Resolves to whether it is. */
export async function askToTrust(context: Context, config: HostConfig): Promise<boolean> {
  const { terminal, stdin, interrupt, env } = context;
  terminal.note(whatItStarts(config));
  const key = await askKey('Trust it from now on? y yes · n no [n] ', ['yes', 'no'], {
    terminal,
    stdin,
    signal: interrupt.signal,
  });
  interrupt.signal.throwIfAborted();
  if (key !== 'yes') return false;
  await trust(config.source, { env });
  return true;
}

/** What a config starts, untruncated and safe to show. */
export function whatItStarts(config: HostConfig): string {
  const lines = describeCommands(config).split('\n');
  const path = visible(config.source.path ?? 'the config');
  return [`${path} starts and reaches:`, ...lines.map((line) => `  ${line}`)].join('\n');
}

function noteConfig({ terminal, flags }: Context, config: HostConfig): void {
  if (!tells(flags.logLevel, 'warn')) return;
  for (const { line, column, message } of config.notices) {
    const place = line === 0 ? '' : `:${String(line)}:${String(column)}`;
    const path = config.source.path ?? 'config';
    terminal.note(`${terminal.err.warn('!')} ${visible(`${path}${place}: ${message}`)}`);
  }
}
