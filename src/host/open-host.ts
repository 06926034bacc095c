import { Emitter } from '../base/emitter.ts';
import type { HostEvent } from '../call/events.ts';
import type { HostConfig } from '../config/host-config.ts';
import { loadConfig } from '../config/load.ts';
import { applyOptions, type HostOptions } from './host-options.ts';
import { Host } from './host.ts';
import { openMemory } from './open-memory.ts';

/**
 * Opens a host: reads the config (a path to a file, or the object itself), starts every server at once, and by default waits for them as
 * {@link Host.ready} does. A server that cannot be used does not fail the host: `host.servers()` says why. Naming a path is consent to start
 * what it lists. Throws HostError `config` or `usage`.
 */
export async function openHost(config: string | object, options: HostOptions = {}): Promise<Host> {
  options.signal?.throwIfAborted();
  const loaded = await loadConfig(config, options.env === undefined ? {} : { env: options.env });
  return openLoaded(loaded, options);
}

/** {@link openHost} for a config that is already loaded. */
export async function openLoaded(config: HostConfig, options: HostOptions = {}): Promise<Host> {
  const used = applyOptions(config, options);
  const events = new Emitter<HostEvent>();
  if (options.onEvent !== undefined) events.on(options.onEvent);
  const memory = openMemory(used, {
    env: options.env ?? process.env,
    emit: (event) => {
      events.emit(event);
    },
  });
  await memory.recall();
  options.signal?.throwIfAborted();
  const host = new Host(used, options, { events, memory });
  if (options.wait === 'none') return host;
  await host.ready(options.signal === undefined ? {} : { signal: options.signal });
  if (options.signal?.aborted === true) {
    await host.close();
    options.signal.throwIfAborted();
  }
  return host;
}
