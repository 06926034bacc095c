import { PathLocks } from './path-locks.ts';
import { Ripgrep } from './ripgrep.ts';
import type { Root } from './root.ts';

/** What all tool calls of this process share, whichever connection they come from. */
export interface Workspace {
  readonly root: Root;
  readonly locks: PathLocks;
  readonly ripgrep: Ripgrep;
}

export function createWorkspace(root: Root): Workspace {
  return { root, locks: new PathLocks(), ripgrep: new Ripgrep() };
}

/** Ends searches at once and resolves when the writes under way are done. */
export async function closeWorkspace(workspace: Workspace): Promise<void> {
  workspace.ripgrep.close();
  await workspace.locks.idle();
}
