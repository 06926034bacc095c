import { HostError } from '../base/errors.ts';
import { visible } from '../base/visible.ts';
import { findConfig } from '../config/find.ts';
import { loadConfig } from '../config/load.ts';
import { isTrusted, trust } from '../config/trust.ts';
import { askToTrust, whatItStarts } from './choose-config.ts';
import { canAsk, type CommonFlags, type Context } from './context.ts';
import { EXIT } from './exit-codes.ts';

export interface TrustFlags extends CommonFlags {
  /** Trusts without asking. */
  readonly yes?: boolean;
}

/** `trust`: shows what a config would start, and remembers it as trusted. Starts nothing. Resolves to the exit code. */
export async function trustConfig(
  context: Context,
  path: string | undefined,
  flags: TrustFlags,
): Promise<number> {
  const { terminal, env } = context;
  if (path !== undefined && flags.config !== undefined && path !== flags.config) {
    throw new HostError('usage', 'the config is named twice, as PATH and with --config: leave one');
  }
  const choice = await findConfig(path ?? flags.config, { env });
  const config = await loadConfig(choice.path, { env });
  const already = (await isTrusted(config.source, { env })).trusted;
  if (already || flags.yes === true) terminal.note(whatItStarts(config));
  if (flags.yes === true && !already) await trust(config.source, { env });
  const trusted = already || flags.yes === true || (await asked(context, config));
  if (flags.json === true) {
    terminal.json({ path: config.source.path, sha256: config.source.sha256, trusted });
  } else {
    const state = already ? 'was already trusted' : trusted ? 'is trusted now' : 'is not trusted';
    terminal.result(`${visible(config.source.path ?? '')} ${state}\n`);
  }
  return trusted ? EXIT.done : EXIT.failed;
}

async function asked(context: Context, config: Parameters<typeof askToTrust>[1]): Promise<boolean> {
  if (canAsk(context)) return askToTrust(context, config);
  context.terminal.note(whatItStarts(config));
  throw new HostError(
    'usage',
    'nobody can be asked here: look at the commands above, and pass --yes to trust them',
  );
}
