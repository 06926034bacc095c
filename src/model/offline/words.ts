/** The little English that the planner knows: how words are cut, which carry no meaning, which mean the same. It knows no tool and no server. */

/** Words of a text or of a name in any casing (`openDoor`, `open_door`, `open-door`), in lower case. */
export function wordsOf(text: string): string[] {
  return text
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

/** One form for the forms of a word: plurals, `-ing`, `-ed`, a final `-e`. Light on purpose: what it confuses must only be rare. */
export function stem(word: string): string {
  if (word.length < 4 || /\d/u.test(word)) return word;
  let root = word;
  if (root.endsWith('ies') && root.length > 4) root = `${root.slice(0, -3)}y`;
  else if (/(?:ss|x|ch|sh|z)es$/u.test(root)) root = root.slice(0, -2);
  else if (/[^siu]s$/u.test(root)) root = root.slice(0, -1);
  const bare = /^(?<root>\p{L}{3,}?)(?:ing|ed)$/u.exec(root)?.groups?.['root'];
  if (bare !== undefined && /[aeiouy]/u.test(bare)) root = bare.replace(/([bdgmnprt])\1$/u, '$1');
  return root.length > 3 && root.endsWith('e') ? root.slice(0, -1) : root;
}

/** The meaningful words of a text, as stems, in order. */
export function meaningOf(text: string): string[] {
  return wordsOf(text)
    .filter((word) => !STOP_WORDS.has(word))
    .map(stem);
}

function list(words: string): ReadonlySet<string> {
  return new Set(words.split(/\s+/u));
}

export const STOP_WORDS = list(
  'a about after all also am an and any anything are as at be because been before but by can could did do does done each every ' +
    'everything for from full further get gets getting give go had has have her here him his how i if in into is it its just let ' +
    'like look looks make may me more most much my need not now of off on once one only or our out over own please same say says ' +
    'see she should show shows so some such tell than that the their them then there these they thing things this those to too ' +
    'under until up us use used uses using very want was we were what when where which while who whom whose why will with within ' +
    'would you your',
);

/** Verbs that say only that something is looked at: which thing, the rest of a tool's name tells. */
export const LOOKING_VERBS = list(
  'browse check count describe fetch find get grep list locate look lookup open query read retrieve scan search show view',
);

/** Words that name an argument's kind rather than what it is about: `order_id` is about an order. */
export const HANDLE_WORDS = list(
  'code id ids identifier key name names no nr num number numbers ref reference slug uuid value',
);

/** Words that stand between a noun and its value: `order number 7`, `the branch named main`. */
export const JOINING_WORDS = list(
  'called entitled id ids is named no nr num number numbers the titled',
);

export const QUESTION_WORDS = list('what when where which who whom whose why how');

/** May stand before an imperative. */
export const POLITE_WORDS = list(
  'also and can could go i just kindly like need now please then to want will would you',
);

export const ARTICLES = list('a an her his its my our the their this your');

/** Prepositions, and verbs that introduce a name, that a value can follow. */
export const INTRODUCING_WORDS = list(
  'about at by called concerning containing for from in inside like matching mentioning named near of on regarding titled to under with within',
);

/** Prepositions of a place to look in. */
export const PLACING_WORDS = list('in inside under within');

/** Where a phrase that was introduced is over at the latest. */
export const TIME_WORDS = list(
  'current currently last latest next now recent recently right right-now soon this today tomorrow tonight week weekend yesterday',
);

/** Words that ask for the same thing. A tool whose name has a word of a row fits a clause that has another one of it. */
const ROWS = [
  'read open show view display print cat content contents say says said contain contains summarize summarise explain quote',
  'search find where locate look grep mention mentions mentioned occur occurs appear appears use used uses reference references ' +
    'referenced match matches matching contain contains containing defined called',
  'list enumerate browse tree layout',
  'info stat stats metadata size details detail',
  'history log changes changed commits',
].map(toRow);

/** Words that name the same subject: where something is `defined` asks for its `definition`. */
const SUBJECT_ROWS = [
  'define definition declare declaration',
  'call caller reference refer usage use used',
  'error problem warning diagnostic',
].map(toRow);

function toRow(row: string): ReadonlySet<string> {
  return new Set(row.split(' ').map(stem));
}

/** Whether one of `stems` names the subject that `noun`, a stem, names by another word. */
export function isSaidOtherwise(noun: string, stems: ReadonlySet<string>): boolean {
  return SUBJECT_ROWS.some((row) => row.has(noun) && [...row].some((word) => stems.has(word)));
}

/** The stems that ask for the same thing as one of `stems`. */
export function kindred(stems: Iterable<string>): ReadonlySet<string> {
  const own = [...stems];
  return new Set(
    ROWS.filter((row) => own.some((word) => row.has(word))).flatMap((row) => Array.from(row)),
  );
}
