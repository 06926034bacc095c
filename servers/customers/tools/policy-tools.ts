import { z } from 'zod';
import { DeskError } from '../desk-error.ts';
import { countOutput } from './fields.ts';
import { defineTool } from './tool.ts';

interface PolicyRow {
  category: string;
  window_days: number;
  condition: string;
  restocking_fee_percent: number;
  return_shipping: string;
  refund_to: string;
  exceptions: string;
}

export const getReturnPolicy = defineTool({
  name: 'get_return_policy',
  title: 'Get return policy',
  description:
    'Tells under which terms products of a category can be returned: days after delivery, condition, fees, refund. ' +
    'Without a category, the terms of all.',
  effect: { kind: 'read' },
  input: z.strictObject({
    category: z
      .string()
      .min(1)
      .max(60)
      .optional()
      .describe('Product category, such as "electronics" or "clothing". Leave it out for all.'),
  }),
  output: z.object({
    policies: z.array(
      z.object({
        category: z.string(),
        window_days: countOutput.describe('days after delivery'),
        condition: z.string(),
        restocking_fee_percent: countOutput,
        return_shipping: z.string(),
        refund_to: z.string(),
        exceptions: z.string(),
      }),
    ),
  }),
  answer: (desk, { category }) => {
    const all = desk.all<PolicyRow>('SELECT * FROM return_policies ORDER BY category');
    if (category === undefined) return { policies: all };
    const wanted = category.trim().toLowerCase();
    const policies = all.filter((policy) => policy.category.toLowerCase() === wanted);
    if (policies.length > 0) return { policies };
    const known = all.map((policy) => policy.category).join(', ');
    throw new DeskError(
      `There is no return policy for ${JSON.stringify(category)}. The categories are: ${known}.`,
    );
  },
});
