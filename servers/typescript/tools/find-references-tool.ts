import type { McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { notes, READS } from '../../shared/tool-fields.ts';
import type { Asking } from '../code/asking.ts';
import { findReferences, type Reference, type ReferencesAnswer } from '../code/find-references.ts';
import { REFERENCE_KINDS } from '../code/reference-kind.ts';
import { findTargets, type Target } from '../code/targets.ts';
import { DEFAULT_REFERENCES, MAX_REFERENCES } from '../limits.ts';
import { keyOf } from '../lsp/queries.ts';
import type { LanguageServer } from '../lsp/language-server.ts';
import { plural } from '../plural.ts';
import { indent, position, question, symbolOutput, titleOf, toSymbol } from './fields.ts';
import { answer } from './tool-answer.ts';

const place = {
  ...position,
  in: z.string().optional().describe('The function or method that it is in'),
  text: z.string().describe('The line'),
};

const counts = {
  calls: z.number().describe('How many references are calls'),
  references: z.number().describe('How many references there are, calls included'),
};

export function registerFindReferences(server: McpServer, languageServer: LanguageServer): void {
  server.registerTool(
    'find_references',
    {
      title: 'Find references',
      description:
        'Find all references to a function, class, method, variable or type of the TypeScript project: where it is called, ' +
        'and where else it is used, imported, exported or declared, with file, line and the function around it. ' +
        'Exact, unlike a text search: other symbols of the same name are told apart. By name, or by position in a file.',
      inputSchema: z.strictObject({
        ...question,
        max_results: z
          .int()
          .min(1)
          .max(MAX_REFERENCES)
          .default(DEFAULT_REFERENCES)
          .describe(`Most references to return, calls first. Default: ${DEFAULT_REFERENCES}`),
      }),
      outputSchema: z.object({
        symbols: z
          .array(
            z.object({
              ...symbolOutput,
              ...counts,
              called_in: z.array(z.object({ path: z.string(), places: z.array(z.object(place)) })),
              other_references: z.array(
                z.object({
                  path: z.string(),
                  places: z.array(z.object({ ...place, kind: z.enum(REFERENCE_KINDS) })),
                }),
              ),
            }),
          )
          .describe('More than one where the name alone is ambiguous'),
        namesakes: z
          .array(z.object({ ...symbolOutput, ...counts }))
          .describe(
            'Members of the same name besides: asked for as Class.name they are shown, too',
          ),
        truncated: z.boolean(),
        notes,
      }),
      annotations: READS,
    },
    async ({ max_results: max, ...request }, ctx) =>
      await answer(languageServer, ctx.mcpReq.signal, async (asking) => {
        const { targets, notes } = await findTargets(asking, request);
        const found = await distinct(asking, targets);
        const namesakes = found.filter(({ target }) => !target.isProminent);
        const sections = share(without(found, namesakes), max);
        const left = sections.reduce((sum, section) => sum + section.left, 0);
        return {
          text: [...sections.map(render), ...renderNamesakes(namesakes)].join('\n\n'),
          data: {
            symbols: sections.map(toData),
            namesakes: namesakes.map(summary),
            truncated: left > 0,
          },
          notes:
            left > 0 ? [`${left} more: narrow with path, or raise max_results.`, ...notes] : notes,
        };
      }),
  );
}

/** The answers for several symbols of one name, without those that are only other sides of one before. */
async function distinct(asking: Asking, targets: readonly Target[]): Promise<ReferencesAnswer[]> {
  const answers: ReferencesAnswer[] = [];
  for (const target of targets) {
    const key = keyOf({ uri: target.uri, range: { start: target.position, end: target.position } });
    // A method that implements another one, a property that is passed on: the compiler takes them as one.
    if (answers.some(({ keys }) => keys.has(key))) continue;
    answers.push(await findReferences(asking, target));
  }
  return answers;
}

function without<T>(all: readonly T[], some: readonly T[]): T[] {
  return all.filter((one) => !some.includes(one));
}

/** One answer, as far as it is shown. */
interface Section {
  readonly answer: ReferencesAnswer;
  readonly calls: readonly Reference[];
  readonly others: readonly Reference[];
  readonly shownCalls: readonly Reference[];
  readonly shownOthers: readonly Reference[];
  /** How many are not shown. */
  readonly left: number;
}

/** At most `max` references in all; what one symbol does not need, the next ones may have. */
function share(answers: readonly ReferencesAnswer[], max: number): Section[] {
  let rest = max;
  return answers.map((answer, index) => {
    const calls = answer.references.filter(isCall);
    const others = answer.references.filter((one) => !isCall(one));
    // The first one may have half of what there is: it is the one that was most likely meant.
    const after = answers.length - index - 1;
    const part = after === 0 ? rest : Math.ceil(rest / 2);
    const shownCalls = calls.slice(0, part);
    const shownOthers = others.slice(0, part - shownCalls.length);
    const shown = shownCalls.length + shownOthers.length;
    rest -= shown;
    const left = answer.references.length + answer.left - shown;
    return { answer, calls, others, shownCalls, shownOthers, left };
  });
}

function isCall({ kind }: Reference): boolean {
  return kind === 'call' || kind === 'jsx';
}

function summary({ target, kind, references, left }: ReferencesAnswer) {
  const calls = references.filter(isCall).length;
  return { ...toSymbol(target, kind), calls, references: references.length + left };
}

function toData({ answer, shownCalls, shownOthers }: Section) {
  return {
    ...summary(answer),
    called_in: byFile(shownCalls, toPlace),
    other_references: byFile(shownOthers, (one) => ({ ...toPlace(one), kind: one.kind })),
  };
}

function toPlace({ line, column, inside, text }: Reference) {
  return { line, column, ...(inside === undefined ? {} : { in: inside }), text };
}

function byFile<T>(references: readonly Reference[], toData: (one: Reference) => T) {
  const files = new Map<string, T[]>();
  for (const one of references) {
    const places = files.get(one.path);
    if (places === undefined) files.set(one.path, [toData(one)]);
    else places.push(toData(one));
  }
  return Array.from(files, ([path, places]) => ({ path, places }));
}

function render(section: Section): string {
  const { answer, calls, others, shownCalls, shownOthers } = section;
  return [
    titleOf(answer.target, answer.kind),
    indent(
      calls.length === 0
        ? 'Called nowhere in the project'
        : `Called in ${plural(calls.length, 'place')}:`,
    ),
    ...lines(shownCalls, calls.length, ({ inside }) =>
      inside === undefined ? '' : ` in ${inside}`,
    ),
    ...(others.length === 0 ? [] : [indent(`Other references (${others.length}):`)]),
    ...lines(shownOthers, others.length, ({ kind }) => ` ${kind}`),
    ...(answer.foreign > 0
      ? [indent(`${answer.foreign} more outside the project, such as in packages`)]
      : []),
  ].join('\n');
}

function lines(
  shown: readonly Reference[],
  all: number,
  about: (one: Reference) => string,
): string[] {
  const spots = shown.map(
    (one) => `    ${one.path}:${one.line}:${one.column}${about(one)}: ${one.text}`,
  );
  return shown.length < all ? [...spots, `    … ${all - shown.length} more`] : spots;
}

function renderNamesakes(namesakes: readonly ReferencesAnswer[]): string[] {
  if (namesakes.length === 0) return [];
  const rows = namesakes.map((one) => {
    const { calls, references } = summary(one);
    return `${titleOf(one.target, one.kind)}: ${plural(calls, 'call')}, ${plural(references, 'reference')}`;
  });
  return [`Of the same name, not shown (ask for one as Class.name):\n${indent(rows.join('\n'))}`];
}
