/**
 * The rows that a host must live through: what two SDKs were seen to do under hostile servers (`B1`), and the parts on bad servers (`II`) and on faults
 * of the operating system (`V`) of the checklist made from the advisories of the field. Each is proved in this folder, or `not` says why it is not.
 */
interface Demand {
  readonly demand: string;
  readonly not?: string;
}

const CHECKLIST = {
  'B1-01': { demand: 'a pattern that backtracks for ever costs nobody any time' },
  'B1-02': { demand: 'a huge nested schema is capped before it is compiled' },
  'B1-03': { demand: 'one schema that cannot be compiled costs only its own tool a check' },
  'B1-04': { demand: 'one tool whose name is a number costs only itself' },
  'B1-05': { demand: 'a list without end is cut' },
  'B1-06': { demand: 'of two tools of one name the second is told of' },
  'B1-07': { demand: 'a reply that is too large fails its call, naming server, size and limit' },
  'B1-08': { demand: '64 MB without a line end fail at once' },
  'B1-09': { demand: 'an answer is limited after decompression' },
  'B1-10': { demand: 'an event-stream line without an end fails at the limit' },
  'B1-11': { demand: 'nesting that no serialiser survives is refused on receipt' },
  'B1-12': { demand: 'a reply with both result and error fails that id' },
  'B1-13': { demand: 'a text for a number as id is taken' },
  'B1-14': { demand: 'a second reply is told of' },
  'B1-15': { demand: 'junk on stdout is told of once' },
  'B1-16': { demand: 'an exit is told with its code and the last words' },
  'B1-17': { demand: 'two megabytes on stderr block nobody' },
  'B1-18': { demand: 'a stopped process times out, and is ended on close' },
  'B1-19': { demand: 'servers that ignore SIGTERM are closed in parallel' },
  'B1-20': { demand: 'a grandchild is gone after close' },
  'B1-21': { demand: 'after a connect that timed out no process is left' },
  'B1-22': { demand: 'no call to a process that does not read waits for ever' },
  'B1-23': { demand: 'a redirect to another origin is not followed' },
  'B1-24': { demand: '__proto__ in a result pollutes nothing' },
  'B1-25': { demand: 'a request over the limit of the server is told as such' },
  'II-15': { demand: 'a server that never answers the first message times out, and is gone' },
  'II-16': { demand: 'a late answer is dropped, and the next call is unaffected' },
  'II-17': { demand: 'an exit before the handshake, when idle and in mid-batch' },
  'II-18': { demand: 'a crash loop opens the breaker, visibly' },
  'II-19': { demand: 'ids that are doubled or unknown; both, and neither, of result and error' },
  'II-20': { demand: 'junk, two objects a line, split characters, CRLF, a byte order mark' },
  'II-21': { demand: 'whatever is too large costs one call, soon, and bounded memory' },
  'II-22': { demand: 'a flooded stderr, and escapes in it made visible' },
  'II-23': { demand: 'hostile schemas block nobody, and no $ref is fetched' },
  'II-24': { demand: 'one bad tool among fifty' },
  'II-25': { demand: 'five thousand tools, an endless cursor, a cursor that comes back' },
  'II-26': { demand: 'names that are doubled, empty, long, or no names at all' },
  'II-27': { demand: 'nobody takes a tool of another server, whatever it calls itself' },
  'II-28': { demand: 'a tool that changes after it was approved' },
  'II-29': { demand: 'a storm of changes is coalesced' },
  'II-30': { demand: 'hidden characters in a description are shown' },
  'II-31': { demand: 'orders in a result stay inside the tool message of their id' },
  'II-32': { demand: 'huge and unknown content, and links, of which none is followed' },
  'II-33': { demand: 'structured content that breaks its schema' },
  'II-34': { demand: 'progress without end, and for others, outlasts no time limit' },
  'II-35': { demand: 'a thousand requests nobody asked for are declined' },
  'II-36': { demand: 'a redirect to another origin sees no credential' },
  'II-37': { demand: 'metadata addresses', not: 'OAuth: test/connect/oauth' },
  'II-38': { demand: 'authorization endpoints', not: 'OAuth: test/connect/oauth' },
  'II-39': { demand: 'pages, wrong types, no content, broken and endless bodies' },
  'II-40': { demand: 'lies about the protocol version' },
  'II-41': { demand: 'a forgotten session is made anew once' },
  'II-42': { demand: 'no icon and no website is ever fetched' },
  'V-67': { demand: 'SIGSTOP for longer than the time limit, and SIGCONT' },
  'V-68': { demand: 'SIGKILL of a server, its wrapper, its child; one pipe closed' },
  'V-69': { demand: 'a host that is ended by any signal leaves no server' },
  'V-70': {
    demand: 'a port in use',
    not: 'the host listens on no port; the servers that do say so themselves (test/servers/testbed-process.test.ts)',
  },
  'V-71': { demand: 'a trace on a full disk, and into places that take none' },
  'V-72': {
    demand:
      'few file descriptors, little memory (a limit of processes does not bind the superuser, and a program cannot choose its own stack)',
  },
  'V-73': { demand: 'a clock that jumps' },
  'V-74': {
    demand: 'a closed stdout, a terminal that is none, dumb or narrow',
    not: 'no server has a part in it: test/cli/output.test.ts, test/cli/terminal.test.ts, test/cli/screen.test.ts',
  },
} as const satisfies Record<string, Demand>;

export type RowId = keyof typeof CHECKLIST;

/** Every row, and why it is not proved here where that is so. */
export const DEMANDS: Readonly<Record<RowId, Demand>> = CHECKLIST;
