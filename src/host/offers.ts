import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe } from '../base/errors.ts';
import type { Elicit, Offer, Offers, Root, Sample, Sampling } from '../call/asks.ts';
import type { HostConfig, ServerConfig } from '../config/host-config.ts';
import { createModel } from '../model/choose.ts';
import { OfflinePlanner } from '../model/offline/planner.ts';
import { boundSampling, sampleWith } from './sampling.ts';

export interface OfferOptions {
  readonly config: HostConfig;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onElicit: Elicit | undefined;
  readonly onSample: Sample | undefined;
}

/** What each server of a host may ask for while it works: a person where one can be asked, the model and folders where the config says so. */
export function offersOf(options: OfferOptions): (server: ServerConfig) => Offers {
  const { config, onElicit } = options;
  const elicit: Offer<Elicit> =
    onElicit === undefined
      ? {
          kind: 'withheld',
          reason: 'nobody can be asked here (no terminal for questions)',
        }
      : { kind: 'offered', by: onElicit };
  // One for all servers: what is in the making is bounded over all of them.
  const model = modelOffer(options);
  return (server) => ({
    elicit,
    sampling: samplingOffer(server, config, { model, isGiven: options.onSample !== undefined }),
    roots: rootsOffer(server, config),
  });
}

function modelOffer({ config, env, onSample }: OfferOptions): Offer<Sample> {
  try {
    const sample = onSample ?? sampleOfModel(config, env);
    if (sample !== undefined) {
      return { kind: 'offered', by: boundSampling(sample, config.sampling) };
    }
    // It completes no texts: what it says would be taken for what a model thinks.
    return { kind: 'withheld', reason: 'no language model is configured' };
  } catch (reason) {
    return { kind: 'withheld', reason: `the model cannot be used: ${describe(reason)}` };
  }
}

function sampleOfModel(config: HostConfig, env: OfferOptions['env']): Sample | undefined {
  const model = createModel(config.model, env);
  return model instanceof OfflinePlanner ? undefined : sampleWith(model);
}

function samplingOffer(
  server: ServerConfig,
  { sampling }: HostConfig,
  { model, isGiven }: { readonly model: Offer<Sample>; readonly isGiven: boolean },
): Offer<Sampling> {
  // Who brings a model for it wants it used.
  if (!(server.sampling ?? (sampling.enabled || isGiven))) {
    const reason = `servers may not use the model here (sampling.enabled, or mcpServers.${server.id}.sampling, in the config would allow it)`;
    return { kind: 'withheld', reason };
  }
  if (model.kind === 'withheld') return model;
  const { maxTokens, maxPerCall } = sampling;
  return { kind: 'offered', by: { sample: model.by, maxTokens, maxPerCall } };
}

/** No folder is offered by itself: a server may leave its own folders for those that it is offered, and one elsewhere learns where things are on this machine. */
function rootsOffer(server: ServerConfig, config: HostConfig): Offer<readonly Root[]> {
  const folders = server.roots ?? (server.endpoint.kind === 'stdio' ? config.roots : []);
  if (folders.length === 0) {
    return { kind: 'withheld', reason: 'it is offered no folders ("roots" in the config)' };
  }
  const roots = folders.map((folder) => ({
    uri: pathToFileURL(folder).href,
    name: basename(folder),
  }));
  return { kind: 'offered', by: roots };
}
