import { describe, expect, test } from 'vitest';
import { readForm, type FormField } from '../../src/call/form.ts';
import { checkAnswers, fieldFault } from '../../src/call/form-answer.ts';

function fieldsOf(properties: object, required: readonly string[] = []): readonly FormField[] {
  const reading = readForm({ type: 'object', properties, required });
  if (reading.kind !== 'ok') throw new Error(reading.reason);
  return reading.fields;
}

function fieldOf(property: object): FormField {
  const [field] = fieldsOf({ it: property });
  if (field === undefined) throw new Error('no field');
  return field;
}

const NAMES = [
  { const: 'a', title: 'Ann' },
  { const: 'b', title: 'Bob' },
];

describe('a form', () => {
  test('has fields of each kind that the specification knows, in their order', () => {
    const fields = fieldsOf(
      {
        text: { type: 'string', title: 'T', description: 'D', default: 'x', maxLength: 3 },
        whole: { type: 'integer', minimum: 1, maximum: 5, default: 2 },
        number: { type: 'number' },
        flag: { type: 'boolean', default: true },
        plain: { type: 'string', enum: ['a', 'b'], default: 'b' },
        named: { type: 'string', enum: ['a', 'b'], enumNames: ['Ann'] },
        titled: { type: 'string', oneOf: NAMES, default: 'nobody' },
        several: {
          type: 'array',
          items: { type: 'string', enum: ['a', 'b'] },
          default: ['a', 'z'],
        },
        listed: { type: 'array', items: { anyOf: NAMES }, minItems: 1 },
      },
      ['text', 'listed'],
    );
    expect(fields).toMatchObject([
      { kind: 'text', name: 'text', title: 'T', description: 'D', required: true, default: 'x' },
      { kind: 'number', whole: true, minimum: 1, maximum: 5, default: 2, required: false },
      { kind: 'number', whole: false, default: undefined },
      { kind: 'yes-no', default: true },
      { kind: 'choice', default: 'b', options: [{ value: 'a', title: 'a' }, { value: 'b' }] },
      { kind: 'choice', options: [{ title: 'Ann' }, { title: 'b' }] },
      { kind: 'choice', options: [{ value: 'a', title: 'Ann' }, {}], default: undefined },
      { kind: 'choices', default: ['a'] },
      { kind: 'choices', minItems: 1, default: undefined, required: true },
    ]);
  });

  test.each([
    ['nothing', undefined],
    ['no object', { type: 'array' }],
    ['an object in it', { properties: { a: { type: 'object', properties: {} } } }],
    ['a list of objects', { properties: { a: { type: 'array', items: { type: 'object' } } } }],
    ['a field without a type', { properties: { a: {} } }],
    ['a field that is no schema', { properties: { a: true } }],
    ['choices that are no texts', { properties: { a: { type: 'string', enum: [1, 2] } } }],
    ['no choices', { properties: { a: { type: 'string', enum: [] } } }],
    ['a requirement of what is not there', { properties: {}, required: ['a'] }],
    ['a name without an end', { properties: { ['x'.repeat(101)]: { type: 'string' } } }],
  ])('is refused with %s', (_, schema) => {
    expect(readForm(schema)).toMatchObject({ kind: 'unusable' });
  });
});

describe('a value', () => {
  test.each([
    [{ type: 'string', minLength: 2, maxLength: 3 }, ['ab', '😀😀😀'], ['a', 'abcd', 7]],
    [{ type: 'string', format: 'email' }, ['a@b.example'], ['a', 'a b@c']],
    [{ type: 'string', format: 'date' }, ['2026-11-21'], ['21.11.2026']],
    [{ type: 'string', pattern: '^[a-z]+$' }, ['abc'], ['ABC']],
    // A pattern that cannot be run in bounded time says nothing here: the server checks, too.
    [{ type: 'string', pattern: '(?=x)' }, ['abc'], [7]],
    [{ type: 'integer', minimum: 1, maximum: 5 }, [1, 5], [0, 6, 1.5, '3', Number.NaN]],
    [{ type: 'number' }, [1.5], [Number.POSITIVE_INFINITY, '1']],
    [{ type: 'boolean' }, [true, false], ['yes', 1]],
    [{ type: 'string', enum: ['a', 'b'] }, ['a'], ['A', '']],
    [
      { type: 'array', items: { enum: ['a', 'b', 'c'] }, minItems: 1, maxItems: 2 },
      [['a'], ['a', 'c']],
      [[], ['a', 'b', 'c'], ['x'], ['a', 'a'], 'a'],
    ],
  ])('of %j is right or wrong', (schema, right, wrong) => {
    const field = fieldOf(schema);
    for (const value of right) expect(fieldFault(field, value)).toBeUndefined();
    for (const value of wrong) expect(fieldFault(field, value)).toBeTypeOf('string');
  });
});

describe('answers', () => {
  const fields = fieldsOf(
    { a: { type: 'string' }, b: { type: 'integer', default: 3 }, c: { type: 'boolean' } },
    ['a'],
  );

  test('are complete with the defaults of the form', () => {
    expect(checkAnswers(fields, { a: 'x' })).toEqual({ kind: 'ok', content: { a: 'x', b: 3 } });
  });

  test.each([
    [{}, 'a'],
    [{ a: 'x', b: 'three' }, 'b'],
    [{ a: 'x', z: 1 }, 'z'],
  ])('%j are wrong, and it is told where', (answers, field) => {
    expect(checkAnswers(fields, answers)).toMatchObject({ kind: 'wrong', field });
  });

  test('to fields with the names of an object’s own parts are not mistaken', () => {
    const odd = fieldsOf(
      Object.fromEntries(['__proto__', 'toString'].map((name) => [name, { type: 'string' }])),
    );
    expect(checkAnswers(odd, {})).toEqual({ kind: 'ok', content: {} });
    const given = Object.fromEntries([['__proto__', 'x']]);
    const checked = checkAnswers(odd, given);
    expect(checked.kind === 'ok' && Object.entries(checked.content)).toEqual([['__proto__', 'x']]);
  });
});
