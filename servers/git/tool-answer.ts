import { Refusal, systemCode } from '../shared/refusal.ts';
import { answering } from '../shared/tool-answer.ts';

/** Runs a tool's work; an error of the operating system is answered in words of our own, by the tool's name. */
export const answer = answering({
  server: 'git',
  refusalFor: (error, tool) => {
    const code = systemCode(error);
    return code === undefined
      ? undefined
      : new Refusal(`${tool}: the operating system refused (${code}).`, { cause: error });
  },
});
