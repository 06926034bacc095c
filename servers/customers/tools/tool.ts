import { setTimeout as sleep } from 'node:timers/promises';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult, ToolAnnotations } from '@modelcontextprotocol/sdk/types.js';
import type { z } from 'zod';
import type { DeskDatabase } from '../database.ts';
import { DeskError } from '../desk-error.ts';

/**
 * What a call may do to the desk. It chooses the transaction, and the tool's annotations follow from
 * it, so that they cannot say anything else than what happens.
 */
type Effect =
  | { readonly kind: 'read' }
  | { readonly kind: 'write'; readonly destructive: boolean; readonly idempotent: boolean };

interface ToolDefinition<Input extends z.ZodObject, Output extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly effect: Effect;
  readonly input: Input;
  readonly output: Output;
  /** Answers one call inside one transaction. Throws `DeskError` for what the caller can mend. */
  readonly answer: (desk: DeskDatabase, args: z.output<Input>) => z.input<Output>;
}

interface ToolSetting {
  readonly desk: DeskDatabase;
  /** Waits this long before the call touches the database. 0 answers at once. */
  readonly latencyMs: number;
}

export interface Tool {
  readonly name: string;
  readonly register: (server: McpServer, setting: ToolSetting) => void;
}

export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>(
  definition: ToolDefinition<Input, Output>,
): Tool {
  const { name, title, description, effect, answer } = definition;
  const config = {
    title,
    description,
    inputSchema: definition.input,
    outputSchema: definition.output,
    annotations: annotationsOf(effect),
  };
  return {
    name,
    register: (server, setting) => {
      const { desk, latencyMs } = setting;
      const call = async (args: z.output<Input>, signal: AbortSignal): Promise<CallToolResult> => {
        if (latencyMs > 0) await sleep(latencyMs, undefined, { signal });
        const work = (): z.input<Output> => answer(desk, args);
        return toResult(
          effect.kind === 'read' ? desk.read(work, signal) : desk.write(work, signal),
        );
      };
      server.registerTool<Output, z.ZodObject>(name, config, (args, extra) =>
        // The SDK has parsed the arguments with `definition.input`; it only lost the type on the way.
        call(args as z.output<Input>, extra.signal),
      );
    },
  };
}

function annotationsOf(effect: Effect): ToolAnnotations {
  if (effect.kind === 'read') return { readOnlyHint: true, openWorldHint: false };
  const { destructive: destructiveHint, idempotent: idempotentHint } = effect;
  return { readOnlyHint: false, destructiveHint, idempotentHint, openWorldHint: false };
}

async function toResult(answer: Promise<Record<string, unknown>>): Promise<CallToolResult> {
  try {
    const structuredContent = await answer;
    const text = JSON.stringify(structuredContent, null, 2);
    return { content: [{ type: 'text', text }], structuredContent };
  } catch (error) {
    if (error instanceof DeskError) {
      return { content: [{ type: 'text', text: error.message }], isError: true };
    }
    throw error;
  }
}
