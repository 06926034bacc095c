/** Largest schema that is compiled, in characters of JSON. */
export const MAX_SCHEMA_CHARS = 256 * 1024;
/** Deepest schema that is compiled. */
export const MAX_SCHEMA_DEPTH = 100;
