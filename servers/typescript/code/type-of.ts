import { MAX_DECLARATIONS } from '../limits.ts';
import { type Definition, definitions } from '../lsp/queries.ts';
import { placeOf } from '../project/place.ts';
import { Refusal, quote } from '../../shared/refusal.ts';
import type { Asking } from './asking.ts';
import { type Signature, signatureAt } from './signature.ts';
import { readSource } from './source-text.ts';
import type { Target } from './targets.ts';

export interface TypeAnswer extends Signature {
  readonly target: Target;
  /** Where it is declared, for something at a position: a file with line and column, or the name of a package's file. */
  readonly declaredAt: string | undefined;
}

/** The type of a symbol. Rejects with a Refusal where there is nothing that has one. */
export async function typeOf(asking: Asking, target: Target): Promise<TypeAnswer> {
  const [signature, declared] = await Promise.all([
    signatureAt(asking, target),
    definitions(asking.session, target, asking.signal),
  ]);
  if (signature === undefined) {
    const { file, position, name } = target;
    throw new Refusal(
      `TypeScript knows no type for ${quote(name)} at ${file.path}:${position.line + 1}:${position.character + 1}.`,
    );
  }
  const type = target.byName ? await overloads(asking, declared, signature) : signature.type;
  return {
    ...signature,
    type,
    target,
    declaredAt: target.byName ? undefined : spot(asking, declared),
  };
}

/** All signatures of a function that is declared more than once, those that callers can use. */
async function overloads(
  asking: Asking,
  declared: readonly Definition[],
  signature: Signature,
): Promise<string> {
  const own = declared.slice(0, MAX_DECLARATIONS);
  if (own.length < 2) return signature.type;
  const callable = own.slice(0, (await endsWithImplementation(asking, own)) ? -1 : undefined);
  const signatures = await Promise.all(
    callable.map(async ({ uri, name }) => await signatureAt(asking, { uri, position: name.start })),
  );
  const types = signatures.flatMap((one) => (one === undefined ? [] : [one.type]));
  return types.length === 0 ? signature.type : [...new Set(types)].join('\n');
}

/** Whether only the last of several declarations has a body: then it is what the others are overloads of. */
async function endsWithImplementation(
  { server }: Asking,
  declared: readonly Definition[],
): Promise<boolean> {
  const [first] = declared;
  if (first === undefined || !declared.every(({ uri }) => uri === first.uri)) return false;
  const place = placeOf(server.project, first.uri);
  const source = place.kind === 'project' ? await readSource(place.absolute) : undefined;
  if (source === undefined) return false;
  const bodies = declared.map(({ whole }) => source.slice(whole).endsWith('}'));
  return (
    bodies.lastIndexOf(true) === declared.length - 1 && bodies.indexOf(true) === bodies.length - 1
  );
}

function spot({ server }: Asking, [first]: readonly Definition[]): string | undefined {
  if (first === undefined) return undefined;
  const place = placeOf(server.project, first.uri);
  const { line, character } = first.name.start;
  return place.kind === 'project' ? `${place.path}:${line + 1}:${character + 1}` : place.name;
}
