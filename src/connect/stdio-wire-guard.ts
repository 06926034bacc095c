import { WireGuard } from './wire-guard.ts';

/** The guard of a child process: the SDK tells by these two that there is one, and then takes silence on its probe for a legacy server. */
export class StdioWireGuard extends WireGuard {
  get pid(): null {
    return null;
  }

  get stderr(): null {
    return null;
  }
}
