import { nestsDeeperThan, type JsonObject } from '../base/json.ts';
import { visibleLine } from '../base/visible.ts';
import { readTool, type RawTool } from './raw-tool.ts';
import type { Notify } from './wire-transport.ts';

export interface ToolListRepair {
  readonly notify: Notify;
  /** Deepest nesting of what stands beside the tools: what is deeper is left out. Of a tool itself, `readTool` bounds it. */
  readonly maxDepth: number;
}

/**
 * Makes a `tools/list` result acceptable to the SDK, which throws the whole of it away for one tool that it does not like: such a tool is mended or left out, with
 * a notice. `undefined` for what holds no list.
 */
export function repairToolList(
  result: JsonObject,
  { notify, maxDepth }: ToolListRepair,
): JsonObject | undefined {
  const { tools, nextCursor, ...rest } = result;
  if (!Array.isArray(tools)) return undefined;
  const kept: RawTool[] = [];
  for (const entry of tools) {
    const reading = readTool(entry);
    if (reading.kind === 'dropped') {
      notify(
        `tool-dropped:${reading.name}`,
        `its tool ${reading.name} cannot be used: ${reading.reason}. The other tools are not affected.`,
      );
      continue;
    }
    kept.push(reading.tool);
    if (reading.repairs.length > 0) {
      const name = visibleLine(reading.tool.name, 60);
      notify(`tool-repaired:${name}`, `its tool ${name} was mended: ${reading.repairs.join('; ')}`);
    }
  }
  const cursor = typeof nextCursor === 'string' ? { nextCursor } : {};
  const beside = nestsDeeperThan(rest, maxDepth) ? {} : rest;
  return { ...beside, ...cursor, tools: kept } as unknown as JsonObject;
}
