import { z } from 'zod';
import type { DeskDatabase } from '../database.ts';
import { countOutput, customerIdInput, idOutput, requireCustomer, timeOutput } from './fields.ts';
import { defineTool } from './tool.ts';

export const TICKET_STATUSES = ['open', 'pending', 'resolved', 'closed'] as const;

const MAX_TICKETS = 25;
/** Of each ticket, the latest ones. */
const MAX_NOTES = 10;

const ticketOutput = {
  ticket_id: idOutput,
  order_id: idOutput.nullable().describe('the order it is about'),
  subject: z.string(),
  description: z.string(),
  status: z.string().describe(TICKET_STATUSES.join(', ')),
  priority: z.string().describe('low, normal, high or urgent'),
  channel: z.string(),
  assignee: z.string().nullable(),
  created_at: timeOutput,
  updated_at: timeOutput,
};

const TICKET_COLUMNS =
  'id AS ticket_id, order_id, subject, description, status, priority, channel, assignee, created_at, updated_at';

interface TicketRow {
  ticket_id: number;
  order_id: number | null;
  subject: string;
  description: string;
  status: string;
  priority: string;
  channel: string;
  assignee: string | null;
  created_at: string;
  updated_at: string;
}

interface NoteRow {
  note_id: number;
  author: string;
  visibility: string;
  note: string;
  created_at: string;
}

function withNotes(
  desk: DeskDatabase,
  ticket: TicketRow,
): TicketRow & { notes: NoteRow[]; more?: string } {
  const id = ticket.ticket_id;
  const total = desk.count('SELECT count(*) AS n FROM ticket_notes WHERE ticket_id = ?', id);
  const latest = desk.all<NoteRow>(
    `SELECT id AS note_id, author, visibility, note, created_at
     FROM ticket_notes WHERE ticket_id = ? ORDER BY id DESC LIMIT ?`,
    id,
    MAX_NOTES,
  );
  const left = total - latest.length;
  const more = `${String(left)} more, earlier notes`;
  return { ...ticket, notes: latest.toReversed(), ...(left > 0 ? { more } : {}) };
}

export const getTickets = defineTool({
  name: 'get_tickets',
  title: 'Get a customer’s tickets',
  description:
    'Lists the support tickets of a customer, newest first, with their notes: what went wrong, who looks after it, how it ended. ' +
    'The problems in the full picture of a customer.',
  effect: { kind: 'read' },
  input: z.strictObject({
    customer_id: customerIdInput,
    status: z
      .enum(TICKET_STATUSES)
      .optional()
      .describe('Only tickets with this status. Leave it out for all.'),
  }),
  output: z.object({
    customer_id: idOutput,
    total_tickets: countOutput.describe('with the status asked for'),
    tickets: z.array(
      z.object({
        ...ticketOutput,
        notes: z
          .array(
            z.object({
              note_id: idOutput,
              author: z.string(),
              visibility: z.string().describe('internal, or public: the customer sees it'),
              note: z.string(),
              created_at: timeOutput,
            }),
          )
          .describe('oldest first'),
        more: z.string().optional().describe('says how many notes are not listed'),
      }),
    ),
    more: z.string().optional().describe('says how many tickets are not listed'),
  }),
  answer: (desk, { customer_id: customerId, status }) => {
    requireCustomer(desk, customerId);
    const matching = 'FROM tickets WHERE customer_id = ? AND status = coalesce(?, status)';
    const wanted = [customerId, status ?? null];
    const total = desk.count(`SELECT count(*) AS n ${matching}`, ...wanted);
    const rows = desk.all<TicketRow>(
      `SELECT ${TICKET_COLUMNS} ${matching} ORDER BY created_at DESC, id DESC LIMIT ?`,
      ...wanted,
      MAX_TICKETS,
    );
    const tickets = rows.map((row) => withNotes(desk, row));
    const left = total - tickets.length;
    const more = `${String(left)} more, older tickets; ask for one status to narrow the list`;
    return {
      customer_id: customerId,
      total_tickets: total,
      tickets,
      ...(left > 0 ? { more } : {}),
    };
  },
});
