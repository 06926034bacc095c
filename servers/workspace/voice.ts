import { voiceOf } from '../shared/voice.ts';

export const { report, fail } = voiceOf('workspace');
