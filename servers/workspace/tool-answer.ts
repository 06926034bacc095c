import { answering } from '../shared/tool-answer.ts';
import { refusalFor } from './file-refusal.ts';

/** Runs a tool's work; an error of the operating system is answered in words of our own, by the file's name. */
export const answer = answering({ server: 'workspace', refusalFor });
