import type { jsonSchemaValidator, StandardSchemaV1 } from '@modelcontextprotocol/client';
import { compileSchema } from '../base/json-schema.ts';
import { MAX_TIMER_MS } from '../base/timer.ts';

/** The SDK wants a time limit for every request. Time is the caller's, so this is the longest that a timer can be, ms (24 days). */
export const NO_TIMEOUT_MS = MAX_TIMER_MS;

/** Takes a result as it came: the wire guard and the reader of the result check it, once. */
export const PASS_THROUGH: StandardSchemaV1<unknown, unknown> = {
  '~standard': { version: 1, vendor: 'mcp-fanout', validate: (value) => ({ value }) },
};

/** In place of the SDK's own validator, which compiles every schema of every list anew, and runs patterns that can stall the process. */
export const SCHEMA_VALIDATOR: jsonSchemaValidator = {
  getValidator: (schema) => {
    const compiled = compileSchema(schema);
    return (value) => {
      const verdict =
        compiled.kind === 'ok' ? compiled.validate(value) : ({ valid: true } as const);
      // The SDK's contract: a value that passed is of the type that the schema describes.
      if (verdict.valid) return { valid: true, data: value as never, errorMessage: undefined };
      const [first] = verdict.errors;
      return {
        valid: false,
        data: undefined,
        errorMessage: `${first?.path ?? ''} ${first?.message ?? ''}`,
      };
    };
  },
};
