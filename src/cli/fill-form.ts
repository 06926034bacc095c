import { visibleLine } from '../base/visible.ts';
import { fieldFault } from '../call/form-answer.ts';
import type { FieldOption, FieldValue, FormField } from '../call/form.ts';
import { askKey, type AskOptions } from './ask.ts';
import { askLine } from './ask-line.ts';

/** What was typed, read: a value, nothing (`undefined`) for a field that is left out, or what is wrong with it. */
type Entry =
  | { readonly kind: 'value'; readonly value: FieldValue | undefined }
  | { readonly kind: 'wrong'; readonly fault: string };

const YES: ReadonlySet<string> = new Set(['y', 'yes', 'true']);
const NO: ReadonlySet<string> = new Set(['n', 'no', 'false']);

/**
 * Asks for each field of a form, again until the value is one that the form allows, and shows all of them before they are sent, if there are several.
 * Resolves to the values, or to `undefined` when the person puts the form away.
 */
export async function fillForm(
  fields: readonly FormField[],
  options: AskOptions,
): Promise<Readonly<Record<string, FieldValue>> | undefined> {
  const values: [string, FieldValue][] = [];
  for (const field of fields) {
    const filled = await fillField(field, options);
    if (filled === undefined) return undefined;
    if (filled.value !== undefined) values.push([field.name, filled.value]);
  }
  if (fields.length > 1) {
    const { terminal } = options;
    terminal.note(values.map(([name, value]) => `  ${line(name)}: ${shown(value)}`).join('\n'));
    const key = await askKey('Send it? y yes · n no [n] ', ['yes', 'no'], options);
    if (key !== 'yes') return undefined;
  }
  // As own properties, whatever the fields' names are.
  return Object.fromEntries(values);
}

async function fillField(
  field: FormField,
  options: AskOptions,
): Promise<{ readonly value: FieldValue | undefined } | undefined> {
  const { terminal } = options;
  terminal.note(describeField(field));
  for (;;) {
    const typed = await askLine(`${visibleLine(field.title ?? field.name, 40)}: `, options);
    if (typed === undefined) return undefined;
    const entry = readEntry(field, typed.trim());
    if (entry.kind === 'value') return entry;
    terminal.note(`${terminal.err.warn('!')} ${visibleLine(entry.fault, 300)}`);
  }
}

function readEntry(field: FormField, typed: string): Entry {
  if (typed === '') {
    if (field.default !== undefined || !field.required) {
      return { kind: 'value', value: field.default };
    }
    // An empty list may be meant.
    if (field.kind !== 'choices') return { kind: 'wrong', fault: 'it must be filled in' };
  }
  const value = readValue(field, typed);
  const fault = fieldFault(field, value);
  // It is of the field's own type then.
  return fault === undefined
    ? { kind: 'value', value: value as FieldValue }
    : { kind: 'wrong', fault };
}

/** What is typed as a value of the field's type; anything else where it is none. */
function readValue(field: FormField, typed: string): unknown {
  switch (field.kind) {
    case 'text':
      return typed;
    case 'number':
      return Number(typed);
    case 'yes-no':
      if (YES.has(typed.toLowerCase())) return true;
      return NO.has(typed.toLowerCase()) ? false : undefined;
    case 'choice':
      return optionOf(field.options, typed);
    case 'choices':
      return typed === ''
        ? []
        : typed.split(',').map((part) => optionOf(field.options, part.trim()));
  }
}

/** By its value or title, else by its number. */
function optionOf(options: readonly FieldOption[], typed: string): string | undefined {
  const named = options.find(({ value, title }) => value === typed || title === typed);
  const numbered = /^\d{1,3}$/u.test(typed) ? options[Number(typed) - 1] : undefined;
  return (named ?? numbered)?.value;
}

function describeField(field: FormField): string {
  const facts = [
    field.required ? 'required' : 'optional',
    ...kindFacts(field),
    ...enterFact(field),
  ];
  const described = field.description === undefined ? '' : ` – ${line(field.description)}`;
  const heading = `  ${line(field.title ?? field.name)}${described} (${facts.join('; ')})`;
  if (field.kind !== 'choice' && field.kind !== 'choices') return heading;
  const list = field.options.map(
    ({ value, title }, index) =>
      `    ${String(index + 1)} ${line(title)}${title === value ? '' : ` (${line(value)})`}`,
  );
  return [heading, ...list].join('\n');
}

/** What Enter alone does. */
function enterFact(field: FormField): readonly string[] {
  if (field.default !== undefined) return [`Enter for ${shown(field.default)}`];
  return field.required ? [] : ['Enter leaves it out'];
}

function kindFacts(field: FormField): readonly string[] {
  switch (field.kind) {
    case 'text': {
      const { format, maxLength } = field;
      return [
        ...(format === undefined ? [] : [line(format)]),
        ...(maxLength === undefined ? [] : [`at most ${String(maxLength)} characters`]),
      ];
    }
    case 'number': {
      const { whole, minimum, maximum } = field;
      return [
        whole ? 'a whole number' : 'a number',
        ...(minimum === undefined ? [] : [`at least ${String(minimum)}`]),
        ...(maximum === undefined ? [] : [`at most ${String(maximum)}`]),
      ];
    }
    case 'yes-no':
      return ['y or n'];
    case 'choice':
      return ['a number of the list'];
    case 'choices':
      return ['numbers of the list, with commas'];
  }
}

function shown(value: FieldValue): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return JSON.stringify(line(value));
  return typeof value === 'number' ? String(value) : line(value.join(', '));
}

function line(text: string): string {
  return visibleLine(text, 300);
}
