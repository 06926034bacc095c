/** Everything this server bounds, in one place. Sizes are bytes unless a name says otherwise. */

/** One message of the MCP client: the tools take names and paths only. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;

/** One message of the language server; one that announces more ends the language server. */
export const MAX_LSP_MESSAGE_BYTES = 64 * 1024 * 1024;

/** Requests to the language server at once; more wait their turn. */
export const MAX_REQUESTS = 32;

/** Files that `diagnostics` has checked at once. */
export const MAX_CHECKS = 8;

/** How long one request to the language server may take, its start included, in ms. */
export const REQUEST_TIME_MS = 120_000;

/** How long the language server may take to end by itself, in ms. */
export const SHUTDOWN_MS = 500;

/** The heap that the language server's garbage collector aims to stay below, unless GOMEMLIMIT is set. */
export const COMPILER_HEAP = '4GiB';

/** What one run of the compiler (a list of files, a configuration) may print. */
export const MAX_COMPILER_OUTPUT = 16 * 1024 * 1024;

/** Projects that are loaded together through `references` in tsconfig.json. */
export const MAX_PROJECTS = 50;

/** Files that are watched for changes. */
export const MAX_WATCHED_FILES = 50_000;

/** Changed files that the language server is told of; more make it start anew. */
export const MAX_CHANGES = 5000;

/** Source files from which lines are shown. */
export const MAX_SOURCE_BYTES = 8 * 1024 * 1024;

/** Longest symbol name and path taken, in characters. */
export const MAX_SYMBOL_CHARS = 300;
export const MAX_PATH_CHARS = 4096;

/** Symbols of one name that are looked at, and that are answered for. */
export const MAX_NAMESAKES = 40;
export const MAX_ANSWERED = 8;

/** Nearest names that a "not found" lists. */
export const MAX_NEAREST = 5;

/** Characters of one type, of its documentation, of one line of code, of one message of the compiler. */
export const MAX_TYPE_CHARS = 4000;
export const MAX_DOCUMENTATION_CHARS = 1500;
export const MAX_LINE_CHARS = 200;
export const MAX_DIAGNOSTIC_CHARS = 1000;

/** Overloads that `type_of` lists, and places that `find_definition` lists for one symbol. */
export const MAX_DECLARATIONS = 20;

/** Source text that `find_definition` shows of one place. */
export const MAX_EXCERPT_LINES = 30;
export const MAX_EXCERPT_CHARS = 3000;

/** `find_references`: references returned, and references of one symbol that are looked at. */
export const DEFAULT_REFERENCES = 100;
export const MAX_REFERENCES = 1000;
export const MAX_CLASSIFIED = 5000;

/** `diagnostics`: problems returned. */
export const DEFAULT_PROBLEMS = 100;
export const MAX_PROBLEMS = 1000;
