declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A server's key in the config. */
export type ServerId = Branded<'ServerId'>;
/** A tool's own name on its server. */
export type ToolName = Branded<'ToolName'>;
/** The name under which the model sees a tool; joined and cut in `catalogue/exposed-name.ts` only. */
export type ExposedName = Branded<'ExposedName'>;
/** The id of one tool call, unique in its conversation: repaired in `batch/call-ids.ts` only. */
export type CallId = Branded<'CallId'>;

// The casts below are the one place where plain strings become names: a brand exists in types only.
export const serverId = (text: string): ServerId => text as ServerId;
export const toolName = (text: string): ToolName => text as ToolName;
export const exposedName = (text: string): ExposedName => text as ExposedName;
export const callId = (text: string): CallId => text as CallId;
