/** The questions that are put to the language server, each with the shape of its answer checked. */
import * as z from 'zod';
import { compareText } from '../compare-text.ts';
import { Refusal } from '../../shared/refusal.ts';
import type { LspSession } from './lsp-session.ts';

const Position = z.object({ line: z.number(), character: z.number() });
const Range = z.object({ start: Position, end: Position });
const Location = z.object({ uri: z.string(), range: Range });

/** From 0; characters are UTF-16 units. */
export type Position = z.output<typeof Position>;
export type Range = z.output<typeof Range>;
export type Location = z.output<typeof Location>;

/** A position in a file. */
export interface Spot {
  readonly uri: string;
  readonly position: Position;
}

export interface Hover {
  /** What the compiler writes about the symbol: its declaration with all types. */
  readonly code: string;
  /** From its documentation comment, Markdown; may be empty. */
  readonly documentation: string;
}

const HoverAnswer = z
  .object({ contents: z.object({ kind: z.string(), value: z.string() }) })
  .nullable();

/**
 * What there is at a position; undefined for nothing. `expanded` shows the members of interfaces, classes and enums.
 */
export async function hover(
  session: LspSession,
  { uri, position, expanded = false }: Spot & { readonly expanded?: boolean },
  signal: AbortSignal,
): Promise<Hover | undefined> {
  const verbosity = expanded ? { verbosityLevel: 1 } : {};
  const params = { textDocument: { uri }, position, ...verbosity };
  const answer = HoverAnswer.parse(await session.request('textDocument/hover', params, signal));
  if (answer === null) return undefined;
  const { value } = answer.contents;
  const [, code, documentation = ''] = /^```\w*\n([^]*?)\n```(?:\n([^]*))?$/.exec(value) ?? [];
  return { code: (code ?? value).trim(), documentation: documentation.trim() };
}

/** Where something is defined. */
export interface Definition {
  readonly uri: string;
  /** The whole declaration. */
  readonly whole: Range;
  /** Its name. */
  readonly name: Range;
}

const DefinitionAnswer = z
  .union([
    z.array(
      z
        .object({ targetUri: z.string(), targetRange: Range, targetSelectionRange: Range })
        .transform((link): Definition => ({
          uri: link.targetUri,
          whole: link.targetRange,
          name: link.targetSelectionRange,
        })),
    ),
    z.array(
      Location.transform(({ uri, range }): Definition => ({ uri, whole: range, name: range })),
    ),
  ])
  .nullable();

/** Where the symbol at a position is defined: each place once, in the order of the text. */
export async function definitions(
  session: LspSession,
  { uri, position }: Spot,
  signal: AbortSignal,
): Promise<readonly Definition[]> {
  const params = { textDocument: { uri }, position };
  const answer = await session.request('textDocument/definition', params, signal);
  const found = DefinitionAnswer.parse(answer) ?? [];
  const unique = new Map(found.map((one) => [keyOf({ uri: one.uri, range: one.name }), one]));
  // It has them in no order.
  return [...unique.values()].toSorted(
    (a, b) =>
      compareText(a.uri, b.uri) ||
      a.name.start.line - b.name.start.line ||
      a.name.start.character - b.name.start.character,
  );
}

/** All places where the symbol at a position is named, its declarations included, each once. */
export async function references(
  session: LspSession,
  { uri, position }: Spot,
  signal: AbortSignal,
): Promise<readonly Location[]> {
  const context = { includeDeclaration: true };
  const params = { textDocument: { uri }, position, context };
  const answer = await session.request('textDocument/references', params, signal);
  const all = z.array(Location).nullable().parse(answer) ?? [];
  return [...new Map(all.map((location) => [keyOf(location), location])).values()];
}

/** The same for two locations exactly if they begin at the same place. */
export function keyOf({ uri, range }: Location): string {
  return `${range.start.line}:${range.start.character} ${uri}`;
}

/** A declaration in a file, with those inside of it. */
export interface DocumentSymbol {
  readonly name: string;
  readonly kind: number;
  readonly range: Range;
  readonly selectionRange: Range;
  readonly children: readonly DocumentSymbol[];
}

const DocumentSymbol: z.ZodType<DocumentSymbol> = z.object({
  name: z.string(),
  kind: z.number(),
  range: Range,
  selectionRange: Range,
  get children() {
    return z.array(DocumentSymbol).default([]);
  },
});

export async function documentSymbols(
  session: LspSession,
  uri: string,
  signal: AbortSignal,
): Promise<readonly DocumentSymbol[]> {
  const params = { textDocument: { uri } };
  const answer = await session.request('textDocument/documentSymbol', params, signal);
  return z.array(DocumentSymbol).nullable().parse(answer) ?? [];
}

const SymbolInformation = z.object({
  name: z.string(),
  containerName: z.string().optional(),
  location: Location,
});

export type SymbolInformation = z.output<typeof SymbolInformation>;

/** Declarations in all loaded projects whose name is like `query`, the most alike first. */
export async function workspaceSymbols(
  session: LspSession,
  query: string,
  signal: AbortSignal,
): Promise<readonly SymbolInformation[]> {
  const answer = await session.request('workspace/symbol', { query }, signal);
  return z.array(SymbolInformation).nullable().parse(answer) ?? [];
}

const Diagnostic = z.object({
  range: Range,
  severity: z.number().default(1),
  code: z.union([z.number(), z.string()]).optional(),
  message: z.string(),
});

export type Diagnostic = z.output<typeof Diagnostic>;

/** What the compiler has to say about one file. */
export async function diagnosticsOf(
  session: LspSession,
  uri: string,
  signal: AbortSignal,
): Promise<readonly Diagnostic[]> {
  const params = { textDocument: { uri } };
  const answer = await session.request('textDocument/diagnostic', params, signal);
  return z.object({ items: z.array(Diagnostic) }).parse(answer).items;
}

/** Whether a tsconfig.json includes a file; undefined when the language server does not tell. */
export async function isIncluded(
  session: LspSession,
  uri: string,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const params = { textDocument: { uri } };
  try {
    const answer = await session.request('custom/projectInfo', params, signal);
    return z.object({ configFilePath: z.string() }).parse(answer).configFilePath !== '';
  } catch (error) {
    // Not a part of the protocol: another compiler may lack it.
    if (error instanceof Refusal || error instanceof z.ZodError) return undefined;
    throw error;
  }
}
