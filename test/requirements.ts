/** What the host guarantees: each with the invariant or contract section it belongs to. Tests cite the ids through `verifies`. */
interface Requirement {
  /** `B1`–`B8` of `src/batch/pipeline.ts`, or the part of the product that promises it. */
  readonly invariant: string;
  readonly text: string;
}

export const REQUIREMENTS = {
  'batch:one-outcome': {
    invariant: 'B1',
    text: 'Every call ends in exactly one outcome, and runBatch never rejects for a call.',
  },
  'batch:defect-contained': {
    invariant: 'B1',
    text: 'A defect in a link or a connection becomes the outcome of that call alone.',
  },
  'batch:model-order': {
    invariant: 'B2',
    text: 'Conflicting calls of a batch run in the model’s order, one at a time.',
  },
  'batch:reads-overlap': {
    invariant: 'B2',
    text: 'Calls that do not conflict overlap, on one server and on several.',
  },
  'batch:exclude-batches': {
    invariant: 'B2',
    text: 'Conflicting calls of different batches exclude each other, first come, first served.',
  },
  'batch:no-lock-while-waiting': {
    invariant: 'B2',
    text: 'A call that waits for a person or for the model holds no host-wide lock.',
  },
  'batch:no-stale-read': {
    invariant: 'B3',
    text: 'A read never shares a result older than a write before it in its batch.',
  },
  'batch:shared-cancel': {
    invariant: 'B3',
    text: 'A shared send is cancelled only when all its callers are; sharing never crosses batches.',
  },
  'batch:wait-holds-no-slot': {
    invariant: 'B4',
    text: 'Waiting, asking and backing off hold no slot.',
  },
  'batch:at-most-once': {
    invariant: 'B5',
    text: 'Only a call known not to have run, or declared idempotent or read-only, is ever sent twice.',
  },
  'batch:call-order': {
    invariant: 'B6',
    text: 'Results come in call order whatever the completion order, one for each call id.',
  },
  'batch:scopes-retired': {
    invariant: 'B7',
    text: 'Every scope, lock, slot, timer and listener is given back when its batch ends or the host closes.',
  },
  'batch:hold-writes': {
    invariant: 'B8',
    text: 'A call not declared read-only is not sent before the message is complete; a truncated message runs none.',
  },
  'batch:eager-reads': {
    invariant: 'B8',
    text: 'A declared read starts while the message still streams, but not past an earlier write it conflicts with.',
  },
  'batch:revise': {
    invariant: 'B8',
    text: 'A read whose call was revised is dropped and run again, with whatever depends on it.',
  },
  'batch:cancel-reaches-server': {
    invariant: 'time budgets',
    text: 'A time-out or an abort cancels at the server, frees the slot and names its setting.',
  },
  'batch:bad-calls': {
    invariant: 'bad calls',
    text: 'A bad call is answered with what was wrong and what would be right, and reaches no server.',
  },
  'batch:siblings': {
    invariant: 'siblings',
    text: 'A call that fails, hangs or is refused changes nothing for the calls beside it.',
  },
  'siblings:healthy-beside-fault': {
    invariant: 'siblings',
    text: 'Whatever a server does to the host, calls of the other servers are answered meanwhile.',
  },
  'outcome:no-secrets': {
    invariant: 'outcomes',
    text: 'What is said of a failure holds no secret of the config, though it quotes a server’s last words or what came with an HTTP status.',
  },
  'heal:restart': {
    invariant: 'healing',
    text: 'A server that dies is started again with jittered back-off, begun anew after a minimum uptime; what was in flight says so, and others notice nothing.',
  },
  'heal:breaker': {
    invariant: 'healing',
    text: 'A server that goes away again and again is left alone, visibly, with how it ended, how often and what to do; it is tried again later, or when a call needs it.',
  },
  'heal:calls-wait': {
    invariant: 'healing',
    text: 'A call to a server that is being brought back waits for it, at most `connectMs` from its loss on, and is not sent before.',
  },
  'heal:session': {
    invariant: 'healing',
    text: 'A lost HTTP session is made anew, alone and once, however many calls find out; what was not run says so.',
  },
  'heal:list-changed': {
    invariant: 'healing',
    text: 'A changed list of tools is read anew, many changes at once as one, and also when a broken stream kept the news of it.',
  },
  'heal:era': {
    invariant: 'healing',
    text: 'The era of a server is asked once and remembered; a server that came back as the other era is asked anew.',
  },
  'heal:old-transport': {
    invariant: 'healing',
    text: 'An address that refuses Streamable HTTP with 400, 404 or 405 is asked for HTTP+SSE.',
  },
  'orphans:none': {
    invariant: 'no orphans',
    text: 'No process of a server outlives its host or its connection, however either ends.',
  },
  'orphans:close-budget': {
    invariant: 'no orphans',
    text: 'All servers are closed in parallel, within one time budget, whatever they do.',
  },
  'batch:conflict-domains': {
    invariant: 'B2',
    text: 'Calls of different servers never wait for each other, unless a resource joins them; keys narrow a claim to a resource and a value.',
  },
  'batch:no-lost-write': {
    invariant: 'B2',
    text: 'Concurrent writes to a server that takes no lock of its own are all kept.',
  },
  'batch:ran-is-true': {
    invariant: 'B5',
    text: 'What an outcome says of `ran` is true: `no` never ran, `yes` ran, and nothing but `unknown` leaves it open.',
  },
  'batch:rate-waits': {
    invariant: 'rate limits',
    text: 'Calls to a rate-limited server wait their turn instead of failing, all that share its resource, for as long as it asks.',
  },
  'turn:same-bytes': {
    invariant: 'B6',
    text: 'A follow-up turn has the same bytes whatever the order in which its calls ended.',
  },
  'turn:raw-arguments': {
    invariant: 'bad calls',
    text: 'Arguments stay in the history character for character as the model sent them.',
  },
  'turn:attachments': {
    invariant: 'results',
    text: 'Images, sound and files reach the model as far as its API carries them, named with their call, and no text is lost for them.',
  },
  'turn:no-wrong-result': {
    invariant: 'B8',
    text: 'Whatever a provider does to a call after closing it, no result of arguments that it took back is handed on, and no write runs but those of the finished message.',
  },
  'oauth:one-refresh': {
    invariant: 'A1, B5',
    text: 'However many calls and processes meet an expired token, the refresh token is used once, and each call runs once.',
  },
  'oauth:reauthorise': {
    invariant: 'oauth',
    text: 'An authorisation that was taken back is asked for again where a person is there; elsewhere the call says that it did not run, and what to do.',
  },
  'oauth:bounded': {
    invariant: 'A4',
    text: 'A server that always wants more, and a person who never allows it, do not make the host ask for ever.',
  },
  'oauth:right-answer': {
    invariant: 'oauth',
    text: 'Only the answer with our state, from the issuer that was asked, is used (PKCE, RFC 9207).',
  },
  'oauth:right-place': {
    invariant: 'A3',
    text: 'A server cannot send us, or a browser, to a place where no authorization server can be, and no secret anywhere but to its issuer.',
  },
  'oauth:private-store': {
    invariant: 'oauth',
    text: 'What was granted is kept in a file that is its owner’s alone, replaced as a whole, and never through a link.',
  },
  'asks:answered': {
    invariant: 'server-initiated requests',
    text: 'What a server asks of the user, the model or the config while a call runs is answered, in both eras and over each transport, and reaches that very call.',
  },
  'asks:attributed': {
    invariant: 'server-initiated requests',
    text: 'A question names the call that caused it wherever the protocol tells, and otherwise all that may have.',
  },
  'asks:only-offered': {
    invariant: 'server-initiated requests',
    text: 'What cannot be answered is not declared, is refused when it is asked for all the same, and the model is told why.',
  },
  'asks:bounded': {
    invariant: 'server-initiated requests',
    text: 'Questions without a call in flight, floods of them, and forms that are none reach nobody; the connection goes on.',
  },
  'asks:clocks-stand': {
    invariant: 'time budgets',
    text: 'The clocks of a call and of its batch stand while a person answers its server.',
  },
  'asks:round-is-no-send': {
    invariant: 'B5',
    text: 'The rounds of an input-required exchange are one call; one that breaks off after a round may have run, and is not repeated unless its tool is declared safe.',
  },
  'results:bounded': {
    invariant: 'results',
    text: 'Of a result, and of a batch’s results together, no more is handed on than the limits say, in shares that no completion order changes; the rest is kept.',
  },
  'warm:remembered': {
    invariant: 'M1',
    text: 'Tools that a server listed in an earlier process are shown before it is started, and said to be remembered.',
  },
  'warm:replaced': {
    invariant: 'M2',
    text: 'What a server lists takes the place of what was remembered of it, in the catalogue and on the disk; what is the same stays the same.',
  },
  'warm:revoked': {
    invariant: 'M1',
    text: 'A call of a remembered tool waits for its server, and goes out only if the tool is there then, and by the schema that it has then.',
  },
  'warm:reclassed': {
    invariant: 'M1',
    text: 'Nothing is allowed, classed, repeated, shared or started early on the word of what was remembered.',
  },
  'warm:gone': {
    invariant: 'C3',
    text: 'The remembered tools of a server that does not start leave the catalogue, and calls that waited for it say why.',
  },
  'warm:untrusted-file': {
    invariant: 'M3',
    text: 'A file that is broken, foreign, too old, too large or open to others is not used, is replaced, and costs nothing else.',
  },
  'warm:no-secrets': {
    invariant: 'warm start',
    text: 'No argument, environment value, header or address is written: a server is known by a hash, and values of variables and headers are not even in that.',
  },
  'lane:own-answer': {
    invariant: 'A1',
    text: 'Answers reach the call that they are for, in whatever order they come, beside those of the SDK.',
  },
  'lane:ends-once': {
    invariant: 'A2, A3',
    text: 'A call by the lane ends exactly once, whatever comes in whatever order, at once when it is told to stop, and nothing of it is left.',
  },
  'lane:same-outcome': {
    invariant: 'A4',
    text: 'A call by the lane has the outcome that it has by the SDK, over every transport and in both eras, whatever its server answers.',
  },
  'lane:same-list': {
    invariant: 'A4',
    text: 'A list of tools that is asked for by the lane comes to what it comes to by the SDK, whatever its server answers.',
  },
  'cold:code-own': {
    invariant: 'K1',
    text: 'Kept code is used only from a file that is the user’s alone, in folders that nobody else may change, and is kept nowhere else.',
  },
  'cold:code-exact': {
    invariant: 'K2',
    text: 'Kept code is used only whole, and only for the very text that it was made of.',
  },
  'cold:code-harmless': {
    invariant: 'K3',
    text: 'A command works the same with kept code and without it, whatever is wrong with what is kept or with the place for it.',
  },
} as const satisfies Record<string, Requirement>;

export type RequirementId = keyof typeof REQUIREMENTS;
