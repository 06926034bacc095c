import { MAX_BODY_CHARS } from './limits.ts';

/** What a commit says about itself. */
export interface CommitRecord {
  /** Its full id. */
  readonly commit: string;
  readonly parents: readonly string[];
  readonly author: string;
  readonly email: string;
  /** When it was written, and when it was committed as it is now: ISO 8601. */
  readonly date: string;
  readonly committed: string;
  readonly subject: string;
  /** The rest of the message, cut to MAX_BODY_CHARS. */
  readonly body: string;
  /** Branches and tags that point at it. */
  readonly refs: readonly string[];
}

const FIELDS = ['%H', '%P', '%an', '%ae', '%aI', '%cI', '%D', '%s', '%b'];

/** Options of `git log` for output that `parseCommits` reads. */
export const RECORD_OPTIONS = [
  '-z',
  `--format=${FIELDS.join('%x00')}`,
  '--encoding=UTF-8',
  '--no-notes',
  '--no-show-signature',
  '--no-color',
];

/** Reads whole records from the NUL-ended fields of `git log`. */
export function parseCommits(fields: readonly string[]): CommitRecord[] {
  const records: CommitRecord[] = [];
  for (let at = 0; at + FIELDS.length <= fields.length; at += FIELDS.length) {
    const record = fields.slice(at, at + FIELDS.length);
    const [commit = '', parents = '', author = '', email = '', date = '', committed = ''] = record;
    const [refs = '', subject = '', body = ''] = record.slice(6);
    records.push({
      commit,
      parents: words(parents, ' '),
      author,
      email,
      date,
      committed,
      subject,
      body: cut(body.trim()),
      refs: words(refs, ', '),
    });
  }
  return records;
}

/** A commit as text: a line on what it is, its subject, its message indented. */
export function renderCommit(record: CommitRecord): string {
  const refs = record.refs.length > 0 ? ` (${record.refs.join(', ')})` : '';
  const head = `${shortId(record.commit)} ${record.date} ${record.author} <${record.email}>${refs}`;
  const body =
    record.body === '' ? [] : record.body.split('\n').map((line) => `    ${line}`.trimEnd());
  return [head, `  ${record.subject}`, ...body].join('\n');
}

export function shortId(id: string): string {
  return id.slice(0, 10);
}

function words(text: string, separator: string): string[] {
  return text === '' ? [] : text.split(separator);
}

function cut(body: string): string {
  return body.length <= MAX_BODY_CHARS ? body : `${body.slice(0, MAX_BODY_CHARS)}…`;
}
