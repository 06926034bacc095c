/** Everything this server bounds, in one place. Sizes are bytes unless a name says otherwise. */

/** Largest text a file may have to be written or edited. */
export const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** One protocol message: a file of MAX_FILE_BYTES whose every character is escaped in JSON still fits. */
export const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

/** One `read_file` result: whichever of the two is reached first. */
export const MAX_READ_LINES = 2000;
export const MAX_READ_BYTES = 128 * 1024;

/** A longer line is cut, in `read_file`. */
export const MAX_LINE_BYTES = 4000;

/** How far `read_file` walks into a file to find the first line asked for. */
export const MAX_SCAN_BYTES = 256 * 1024 * 1024;

/** How far `read_file` walks on after the last line it returns, only to count the rest. */
export const MAX_COUNT_BYTES = 64 * 1024 * 1024;

/** A file with a NUL byte among its first bytes is binary (the rule git uses). */
export const BINARY_SNIFF_BYTES = 8000;

/** `list_files`: entries shown, entries looked at per folder, folder levels. */
export const MAX_LISTED = 1000;
export const MAX_FOLDER_ENTRIES = 10_000;
export const MAX_DEPTH = 20;
export const DEFAULT_DEPTH = 2;

/** `find_files`: paths returned. */
export const MAX_FOUND = 1000;

/** `search_text`: matching lines. */
export const DEFAULT_MATCHES = 100;
export const MAX_MATCHES = 1000;

/** `search_text`: text of all matching lines together, and characters shown of one. */
export const MAX_MATCH_TEXT = 100_000;
export const MAX_MATCH_LINE_CHARS = 400;

/** A ripgrep run ends after this many ms, with what it has found. */
export const SEARCH_TIME_MS = 30_000;

/** ripgrep processes at once; more searches wait their turn. */
export const MAX_SEARCHES = 4;

/** One record (line of JSON, or path) of ripgrep's output; a longer one is skipped and counted. */
export const MAX_RECORD_BYTES = 1024 * 1024;

/** Edits in one `edit_file` call. */
export const MAX_EDITS = 200;

/** The diff that `edit_file` shows. */
export const MAX_DIFF_LINES = 60;
export const MAX_DIFF_LINE_CHARS = 200;

/** Longest path, pattern or query taken, in characters. */
export const MAX_PATH_CHARS = 4096;
export const MAX_PATTERN_CHARS = 1000;

/** HTTP sessions of older clients kept at once; the one longest unused makes room for a new one. */
export const MAX_SESSIONS = 256;
