import * as z from 'zod';
import { configSchema } from './schema.ts';

/** The text of `config.schema.json`: JSON Schema draft 7, the one that editors know best, generated from the definition that the host reads with. */
export function configJsonSchema(): string {
  const schema = z.toJSONSchema(configSchema, { target: 'draft-7', io: 'input' });
  return `${JSON.stringify(schema, null, 2)}\n`;
}
