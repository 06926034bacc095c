import { isJsonObject, type JsonObject } from '../base/json.ts';

/** What one field of a form may hold. Source: MCP specification, client/elicitation, requestedSchema: primitive types only. */
export type FieldValue = string | number | boolean | readonly string[];

interface FieldFacts {
  readonly name: string;
  readonly title: string | undefined;
  readonly description: string | undefined;
  readonly required: boolean;
}

export interface FieldOption {
  readonly value: string;
  readonly title: string;
}

/** One field of a form that a server wants filled in. All texts are the server's own: untrusted. */
export type FormField =
  | (FieldFacts & {
      readonly kind: 'text';
      readonly minLength: number | undefined;
      readonly maxLength: number | undefined;
      /** `email`, `uri`, `date`, `date-time` … */
      readonly format: string | undefined;
      readonly pattern: string | undefined;
      readonly default: string | undefined;
    })
  | (FieldFacts & {
      readonly kind: 'number';
      /** Whole numbers only. */
      readonly whole: boolean;
      readonly minimum: number | undefined;
      readonly maximum: number | undefined;
      readonly default: number | undefined;
    })
  | (FieldFacts & { readonly kind: 'yes-no'; readonly default: boolean | undefined })
  | (FieldFacts & {
      readonly kind: 'choice';
      readonly options: readonly FieldOption[];
      readonly default: string | undefined;
    })
  | (FieldFacts & {
      readonly kind: 'choices';
      readonly options: readonly FieldOption[];
      readonly minItems: number | undefined;
      readonly maxItems: number | undefined;
      readonly default: readonly string[] | undefined;
    });

/** A form, or why what the server sent is none. */
export type FormReading =
  | { readonly kind: 'ok'; readonly fields: readonly FormField[] }
  | { readonly kind: 'unusable'; readonly reason: string };

/** A person fills it in: what is larger is no question. */
const MAX_FIELDS = 32;
const MAX_OPTIONS = 100;
const MAX_NAME_CHARS = 100;
const MAX_TITLE_CHARS = 200;
const MAX_DESCRIPTION_CHARS = 1_000;
const MAX_VALUE_CHARS = 1_000;

/** Reads a `requestedSchema`. Never throws; keywords that it does not know are left out, anything but a flat form is refused. */
export function readForm(schema: unknown): FormReading {
  if (!isJsonObject(schema) || !isJsonObject(schema['properties'])) {
    return unusable('its schema describes no object with properties');
  }
  const entries = Object.entries(schema['properties']);
  if (entries.length > MAX_FIELDS) {
    return unusable(`it has ${entries.length} fields, more than ${MAX_FIELDS}`);
  }
  const required = texts(schema['required']);
  const unknown = required.find((name) => !entries.some(([known]) => known === name));
  if (unknown !== undefined) return unusable('it requires a field that it does not describe');
  const fields: FormField[] = [];
  for (const [name, property] of entries) {
    if (name === '' || name.length > MAX_NAME_CHARS) {
      return unusable(`a field's name is empty or longer than ${MAX_NAME_CHARS} characters`);
    }
    const field = readField({ name, required: required.includes(name) }, property);
    if (field === undefined) {
      return unusable(`its ${ordinal(fields.length)} field is not of a primitive type`);
    }
    fields.push(field);
  }
  return { kind: 'ok', fields };
}

function readField(
  { name, required }: { readonly name: string; readonly required: boolean },
  property: unknown,
): FormField | undefined {
  if (!isJsonObject(property)) return undefined;
  const facts: FieldFacts = {
    name,
    required,
    title: text(property['title'], MAX_TITLE_CHARS),
    description: text(property['description'], MAX_DESCRIPTION_CHARS),
  };
  const { type, default: given } = property;
  if (type === 'string') return readString(facts, property);
  if (type === 'array') return readChoices(facts, property);
  if (type === 'boolean') {
    return { ...facts, kind: 'yes-no', default: typeof given === 'boolean' ? given : undefined };
  }
  if (type !== 'integer' && type !== 'number') return undefined;
  return {
    ...facts,
    kind: 'number',
    whole: type === 'integer',
    minimum: number(property['minimum']),
    maximum: number(property['maximum']),
    default: number(given),
  };
}

function readString(facts: FieldFacts, property: JsonObject): FormField | undefined {
  const { default: given } = property;
  const chosen = typeof given === 'string' ? given.slice(0, MAX_VALUE_CHARS) : undefined;
  if ('enum' in property || 'oneOf' in property) {
    const options = readOptions(property);
    if (options === undefined) return undefined;
    const isThere = options.some(({ value }) => value === chosen);
    return { ...facts, kind: 'choice', options, default: isThere ? chosen : undefined };
  }
  return {
    ...facts,
    kind: 'text',
    minLength: number(property['minLength']),
    maxLength: number(property['maxLength']),
    format: text(property['format'], MAX_NAME_CHARS),
    pattern: text(property['pattern'], MAX_VALUE_CHARS),
    default: chosen,
  };
}

function readChoices(facts: FieldFacts, property: JsonObject): FormField | undefined {
  const { items, default: given } = property;
  const options = isJsonObject(items) ? readOptions(items) : undefined;
  if (options === undefined) return undefined;
  const chosen = texts(given).filter((value) => options.some((option) => option.value === value));
  return {
    ...facts,
    kind: 'choices',
    options,
    minItems: number(property['minItems']),
    maxItems: number(property['maxItems']),
    default: Array.isArray(given) ? chosen : undefined,
  };
}

/** The values of an `enum` (with `enumNames`, as protocol 2025-06-18 has them), or of `oneOf`/`anyOf` with `const` and `title`. */
function readOptions(schema: JsonObject): readonly FieldOption[] | undefined {
  const { enum: values, enumNames, oneOf, anyOf } = schema;
  const titled = oneOf ?? anyOf;
  const options: FieldOption[] = [];
  if (Array.isArray(values)) {
    const names: readonly unknown[] = Array.isArray(enumNames) ? enumNames : [];
    for (const [index, value] of values.slice(0, MAX_OPTIONS + 1).entries()) {
      if (typeof value !== 'string') return undefined;
      options.push({ value, title: text(names[index], MAX_TITLE_CHARS) ?? value });
    }
  } else if (Array.isArray(titled)) {
    for (const option of titled.slice(0, MAX_OPTIONS + 1)) {
      const value: unknown = isJsonObject(option) ? option['const'] : undefined;
      if (typeof value !== 'string' || !isJsonObject(option)) return undefined;
      options.push({ value, title: text(option['title'], MAX_TITLE_CHARS) ?? value });
    }
  }
  const isUsable =
    options.length > 0 &&
    options.length <= MAX_OPTIONS &&
    options.every(({ value }) => value.length <= MAX_VALUE_CHARS);
  return isUsable ? options : undefined;
}

function unusable(reason: string): FormReading {
  return { kind: 'unusable', reason };
}

function text(value: unknown, max: number): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, max) : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((part) => typeof part === 'string') : [];
}

function ordinal(index: number): string {
  return `${index + 1}.`;
}
