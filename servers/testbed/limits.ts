/** Everything this server bounds, in one place. */

/** One protocol message from a client, in bytes. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** Any time that a call or an option asks for, in ms. */
export const MAX_MS = 600_000;

/** Shortest distance between two progress notifications, in ms. */
export const MIN_PROGRESS_MS = 5;

/** Text of one argument, in characters. */
export const MAX_TEXT_CHARS = 1_000_000;

/** `big`: its largest answer, in bytes. */
export const MAX_BIG_BYTES = 64 * 1024 * 1024;

/** `flood`: its largest flood, in lines and in KiB. */
export const MAX_FLOOD_LINES = 100_000;
export const MAX_FLOOD_KB = 16 * 1024;

/** `sample`: the longest text asked for, in tokens. */
export const SAMPLE_TOKENS = 1000;

/** How long a person or a model is waited for, in ms. */
export const ASK_MS = 600_000;

/** `--tools`, `--list-pages`. */
export const MAX_EXTRA_TOOLS = 9999;
export const MAX_LIST_PAGES = 1000;

/** HTTP sessions of older clients kept at once; the one longest unused makes room for a new one. */
export const MAX_SESSIONS = 256;
