import { compileSchema } from '../base/json-schema.ts';
import type { FieldValue, FormField } from './form.ts';

/** What is wrong with a value for a field, in words for whoever filled it in; `undefined` when nothing is. */
export function fieldFault(field: FormField, value: unknown): string | undefined {
  switch (field.kind) {
    case 'text':
      return typeof value === 'string' ? textFault(field, value) : 'it must be a text';
    case 'number':
      return numberFault(field, value);
    case 'yes-no':
      return typeof value === 'boolean' ? undefined : 'it must be yes or no';
    case 'choice':
      return field.options.some((option) => option.value === value)
        ? undefined
        : 'it must be one of the choices';
    case 'choices':
      return choicesFault(field, value);
  }
}

/** The answers to a form, checked: defaults stand for fields that were left out, names that the form does not know are a fault. */
export type FormAnswer =
  | { readonly kind: 'ok'; readonly content: Readonly<Record<string, FieldValue>> }
  | { readonly kind: 'wrong'; readonly field: string; readonly fault: string };

/** Checks all answers to a form. Source: MCP specification, client/elicitation: clients validate what they send. */
export function checkAnswers(
  fields: readonly FormField[],
  answers: Readonly<Record<string, unknown>>,
): FormAnswer {
  const stray = Object.keys(answers).find((name) => !fields.some((field) => field.name === name));
  if (stray !== undefined)
    return { kind: 'wrong', field: stray, fault: 'the form has no such field' };
  const content: [string, FieldValue][] = [];
  for (const field of fields) {
    const given = Object.hasOwn(answers, field.name) ? answers[field.name] : undefined;
    const value = given ?? field.default;
    if (value === undefined) {
      if (!field.required) continue;
      return { kind: 'wrong', field: field.name, fault: 'it must be filled in' };
    }
    const fault = fieldFault(field, value);
    if (fault !== undefined) return { kind: 'wrong', field: field.name, fault };
    // It is of the field's own type now.
    content.push([field.name, value as FieldValue]);
  }
  // As own properties, whatever their names are.
  return { kind: 'ok', content: Object.fromEntries(content) };
}

function textFault(
  field: Extract<FormField, { readonly kind: 'text' }>,
  value: string,
): string | undefined {
  const { minLength, maxLength, format, pattern } = field;
  // Counted as JSON Schema counts.
  const { length } = Array.from(value);
  if (minLength !== undefined && length < minLength) {
    return `it must have at least ${minLength} character${minLength === 1 ? '' : 's'}`;
  }
  if (maxLength !== undefined && length > maxLength) {
    return `it must have at most ${maxLength} characters`;
  }
  if (format !== undefined && !holds({ type: 'string', format }, value)) {
    return `it must have the format "${format}"`;
  }
  if (pattern !== undefined && !holds({ type: 'string', pattern }, value)) {
    return `it must match the pattern ${pattern}`;
  }
  return undefined;
}

/** A schema that cannot be used says nothing: the server checks, too. */
function holds(schema: object, value: string): boolean {
  const compiled = compileSchema(schema);
  return compiled.kind === 'unusable' || compiled.validate(value).valid;
}

function numberFault(
  field: Extract<FormField, { readonly kind: 'number' }>,
  value: unknown,
): string | undefined {
  const { whole, minimum, maximum } = field;
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'it must be a number';
  if (whole && !Number.isInteger(value)) return 'it must be a whole number';
  if (minimum !== undefined && value < minimum) return `it must be at least ${minimum}`;
  if (maximum !== undefined && value > maximum) return `it must be at most ${maximum}`;
  return undefined;
}

function choicesFault(
  field: Extract<FormField, { readonly kind: 'choices' }>,
  value: unknown,
): string | undefined {
  const { options, minItems, maxItems } = field;
  if (!Array.isArray(value)) return 'it must be a list of choices';
  const isKnown = value.every((one) => options.some((option) => option.value === one));
  if (!isKnown) return 'each must be one of the choices';
  if (new Set(value).size < value.length) return 'a choice is named twice';
  if (minItems !== undefined && value.length < minItems) return `choose at least ${minItems}`;
  if (maxItems !== undefined && value.length > maxItems) return `choose at most ${maxItems}`;
  return undefined;
}
