/** Everything this server bounds, in one place. Sizes are bytes unless a name says otherwise. */

/** One protocol message: a commit message and the names of many files fit easily. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** git processes at once; more wait their turn. */
export const MAX_PROCESSES = 4;

/** A read is ended after this many ms; a commit, whose hooks may run tests, after that many. */
export const READ_TIME_MS = 30_000;
export const COMMIT_TIME_MS = 600_000;

/** How long a git that may hold locks has to clear up when it is ended, in ms; then it is killed. */
export const STOP_GRACE_MS = 2000;

/** How long the output of a git that has exited is waited for, in ms: a hook may have left something behind that holds it open. */
export const DRAIN_MS = 500;

/** Output of one git that is kept; one that says more is ended. */
export const MAX_OUTPUT_BYTES = 8 * 1024 * 1024;

/** What git or a hook says on stderr. */
export const MAX_STDERR_CHARS = 4000;

/** `status`: entries of each kind. */
export const MAX_STATUS_ENTRIES = 1000;

/** `log`: commits in one answer, lines of text about them, and characters of one commit's description. */
export const DEFAULT_COMMITS = 20;
export const MAX_COMMITS = 500;
export const MAX_BODY_CHARS = 2000;
export const MAX_LOG_CHARS = 100_000;

/** `diff`, `show`: files listed, and text of the patch. */
export const MAX_CHANGED_FILES = 500;
export const MAX_PATCH_BYTES = 100_000;

/** `show` of a file or folder: whichever of the two is reached first, and names in a folder. */
export const MAX_FILE_LINES = 2000;
export const MAX_FILE_BYTES = 128 * 1024;
export const MAX_FOLDER_NAMES = 1000;

/** `blame`: lines in one answer, and characters of one of them. */
export const MAX_BLAME_LINES = 500;
export const MAX_BLAME_LINE_CHARS = 400;

/** `commit`: paths in one call, characters of all of them, which stand on a command line, and of its message. */
export const MAX_COMMIT_PATHS = 500;
export const MAX_COMMIT_PATH_CHARS = 50_000;
export const MAX_COMMIT_MESSAGE_CHARS = 20_000;

/** What is taken from a call, in characters. */
export const MAX_REF_CHARS = 250;
export const MAX_PATH_CHARS = 4096;
export const MAX_AUTHOR_CHARS = 200;

/** Filters that a repository may define; more is no repository of a person. */
export const MAX_FILTERS = 200;

/** Refs and paths looked through for one that was meant, and how many of them are named. */
export const MAX_CANDIDATES = 5000;
export const MAX_SUGGESTIONS = 3;
