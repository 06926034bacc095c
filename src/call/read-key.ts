import { canonicalJson, type JsonObject } from '../base/json.ts';
import type { Tool } from './tool.ts';

/** The same for calls of one tool with equal arguments, whatever the order of their keys. */
export function readKey(tool: Tool, args: JsonObject): string {
  return `${tool.exposed} ${canonicalJson(args)}`;
}
