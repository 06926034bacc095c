import { voiceOf } from '../shared/voice.ts';

export const EXIT_GIT = 3;

/** How long the end may take before it is enforced, in ms: a commit under way may need STOP_GRACE_MS. */
export const END_MS = 4000;

export const { report, fail } = voiceOf('git');
