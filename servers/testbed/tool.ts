/** What a tool is here: data and a function, the same for every era of the protocol. */
import * as z from 'zod';

/** What a call may do. The annotations follow from it. */
export type Effect =
  /** `openWorld`: it involves somebody outside, such as the client's user. */
  | { readonly kind: 'read'; readonly openWorld: boolean }
  | { readonly kind: 'write'; readonly destructive: boolean; readonly idempotent: boolean };

export const READ: Effect = { kind: 'read', openWorld: false };

export type Content =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly data: string; readonly mimeType: string };

type JsonObject = Readonly<Record<string, unknown>>;

/** What the client is to find out before the call can go on. */
export type Need =
  | { readonly kind: 'question'; readonly question: string }
  | { readonly kind: 'completion'; readonly prompt: string };

/** What the client has found out. */
export type Finding =
  | { readonly kind: 'answer'; readonly answer: string }
  | { readonly kind: 'no-answer'; readonly action: 'decline' | 'cancel' }
  | { readonly kind: 'completion'; readonly text: string; readonly model: string };

/** How a call ends. */
export type Settled =
  | { readonly kind: 'answer'; readonly content: readonly Content[]; readonly data?: JsonObject }
  | { readonly kind: 'tool-error'; readonly message: string }
  | { readonly kind: 'protocol-error'; readonly code: number; readonly message: string };

/** What becomes of a call. `need`: it is made again, with what was found out. */
export type Reply = Settled | { readonly kind: 'need'; readonly need: Need };

/** What a call has besides its arguments. */
export interface CallContext {
  /** Aborted when the client cancels the call or goes. */
  readonly signal: AbortSignal;
  /** What was found out, once the call has said that it needs it. */
  readonly finding: Finding | undefined;
  /** Tells how far the call is, if the client wants to know. */
  progress(done: number, total: number): Promise<void>;
  /** Sends a log message of level `info`, if the client wants that. */
  log(text: string): Promise<void>;
}

export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly annotations: Readonly<Record<string, boolean>>;
  /** JSON Schema. */
  readonly inputSchema: JsonObject;
  readonly outputSchema: JsonObject | undefined;
  /** Resolves to what becomes of the call; rejects with the signal's reason when aborted. */
  readonly call: (args: unknown, context: CallContext) => Promise<Reply>;
}

interface Definition<Input extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly effect: Effect;
  readonly input: Input;
  readonly output?: z.ZodObject;
  readonly answer: (args: z.output<Input>, context: CallContext) => Promise<Reply> | Reply;
}

export function defineTool<Input extends z.ZodObject>(definition: Definition<Input>): Tool {
  const { name, title, description, effect, input, output, answer } = definition;
  return {
    name,
    title,
    description,
    annotations: annotationsOf(effect),
    inputSchema: toJsonSchema(input, 'input'),
    outputSchema: output === undefined ? undefined : toJsonSchema(output, 'output'),
    call: async (args, context) => {
      const parsed = input.safeParse(args);
      if (!parsed.success) return invalid(name, parsed.error);
      return await answer(parsed.data, context);
    },
  };
}

/** An answer of one text, and the same as data. */
export function answered(text: string, data?: JsonObject): Reply {
  const content = [{ type: 'text', text } as const];
  return { kind: 'answer', content, ...(data === undefined ? {} : { data }) };
}

function invalid(name: string, error: z.ZodError): Reply {
  const message = `The arguments of ${name} are not valid:\n${z.prettifyError(error)}`;
  return { kind: 'tool-error', message };
}

function annotationsOf(effect: Effect): Record<string, boolean> {
  if (effect.kind === 'read') return { readOnlyHint: true, openWorldHint: effect.openWorld };
  return {
    readOnlyHint: false,
    destructiveHint: effect.destructive,
    idempotentHint: effect.idempotent,
    openWorldHint: false,
  };
}

/** Without naming a dialect: the schemas mean the same in all of them, and each era assumes another one. */
function toJsonSchema(schema: z.ZodObject, io: 'input' | 'output'): JsonObject {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io });
  return json;
}
