/** What the compiler says about a symbol, ready to be shown. */
import { MAX_DOCUMENTATION_CHARS, MAX_TYPE_CHARS } from '../limits.ts';
import { hover, type Spot } from '../lsp/queries.ts';
import { clip } from '../../shared/refusal.ts';
import type { Asking } from './asking.ts';

export interface Signature {
  /** `function`, `method`, `class`, `const` … */
  readonly kind: string;
  /** The declaration, with all types written out. */
  readonly type: string;
  /** From its documentation comment, Markdown; may be empty. */
  readonly documentation: string;
}

/** What has members, which are shown with it. */
const HAS_MEMBERS = /^(?:\(alias\) )?(?:abstract )?(?:class|interface|enum)\b/;

/** The signature of what is at a position; undefined where there is nothing that has a type. */
export async function signatureAt(
  { session, signal }: Asking,
  { uri, position }: Spot,
): Promise<Signature | undefined> {
  const short = await hover(session, { uri, position }, signal);
  if (short === undefined || short.code === '') return undefined;
  const long = HAS_MEMBERS.test(short.code)
    ? await hover(session, { uri, position, expanded: true }, signal)
    : undefined;
  const { code, documentation } = long ?? short;
  return {
    kind: kindOf(code),
    type: clip(code, MAX_TYPE_CHARS),
    documentation: clip(withoutLinks(documentation), MAX_DOCUMENTATION_CHARS),
  };
}

/** `{@link close}` comes as a link to a file of this machine: only its text stays. */
function withoutLinks(markdown: string): string {
  return markdown.replace(/\[([^[\]]*)\]\(file:[^()\s]*\)/g, '$1');
}

/** The compiler begins with `(method) …`, `function …`, `const …`, and with `(alias)` before it for imports. */
function kindOf(code: string): string {
  const rest = code.replace(/^\(alias\) /, '');
  return (
    (/^\((?<kind>[a-z ]{1,40})\)/.exec(rest) ?? /^(?:abstract )?(?<kind>[a-z]{1,40})/.exec(rest))
      ?.groups?.['kind'] ?? 'symbol'
  );
}
