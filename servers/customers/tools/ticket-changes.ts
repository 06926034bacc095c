import { z } from 'zod';
import { isoSeconds } from '../clock.ts';
import { DeskError } from '../desk-error.ts';
import { countOutput, idOutput, missing, ticketIdInput, timeOutput } from './fields.ts';
import { TICKET_STATUSES } from './ticket-tools.ts';
import { defineTool } from './tool.ts';

const PRIORITIES = ['low', 'normal', 'high', 'urgent'] as const;
const MAX_NOTE_LENGTH = 4000;

/** The driver reads a text only up to a NUL, so one is never written. */
const text = (maxLength: number): z.ZodString =>
  z
    .string()
    .trim()
    .min(1)
    .max(maxLength)
    .refine((value) => !value.includes('\0'), 'must not contain a NUL character');

interface TicketState {
  status: string;
  priority: string;
  assignee: string | null;
}

export const updateTicket = defineTool({
  name: 'update_ticket',
  title: 'Update ticket',
  description:
    'Changes the status, priority or assignee of a support ticket; what is not given stays as it is. ' +
    'Answers with what was changed, from what to what.',
  // It overwrites what was there; a second, equal call finds nothing left to change.
  effect: { kind: 'write', destructive: true, idempotent: true },
  input: z.strictObject({
    ticket_id: ticketIdInput,
    status: z.enum(TICKET_STATUSES).optional().describe('New status.'),
    priority: z.enum(PRIORITIES).optional().describe('New priority.'),
    assignee: text(80)
      .nullable()
      .optional()
      .describe('Name of the agent who takes the ticket; null takes it from whoever has it.'),
  }),
  output: z.object({
    ticket_id: idOutput,
    changes: z.array(
      z.object({
        field: z.enum(['status', 'priority', 'assignee']),
        from: z.string().nullable(),
        to: z.string().nullable(),
      }),
    ),
    status: z.string(),
    priority: z.string(),
    assignee: z.string().nullable(),
    updated_at: timeOutput,
  }),
  answer: (desk, { ticket_id: ticketId, ...wanted }) => {
    if (Object.values(wanted).every((value) => value === undefined)) {
      throw new DeskError('Nothing to change: give at least one of status, priority and assignee.');
    }
    const [row] = desk.all<TicketState & { updated_at: string }>(
      'SELECT status, priority, assignee, updated_at FROM tickets WHERE id = ?',
      ticketId,
    );
    if (row === undefined) throw missing(desk, 'tickets', ticketId);
    const { updated_at: updatedAt, ...before } = row;
    const after: TicketState = {
      status: wanted.status ?? before.status,
      priority: wanted.priority ?? before.priority,
      assignee: wanted.assignee === undefined ? before.assignee : wanted.assignee,
    };
    const changes = (['status', 'priority', 'assignee'] as const)
      .filter((field) => before[field] !== after[field])
      .map((field) => ({ field, from: before[field], to: after[field] }));
    if (changes.length === 0)
      return { ticket_id: ticketId, changes, ...after, updated_at: updatedAt };
    const now = isoSeconds(Date.now());
    desk.all(
      'UPDATE tickets SET status = ?, priority = ?, assignee = ?, updated_at = ? WHERE id = ?',
      after.status,
      after.priority,
      after.assignee,
      now,
      ticketId,
    );
    return { ticket_id: ticketId, changes, ...after, updated_at: now };
  },
});

export const addTicketNote = defineTool({
  name: 'add_ticket_note',
  title: 'Add ticket note',
  description: 'Adds a note to a support ticket, below the notes that it has.',
  effect: { kind: 'write', destructive: false, idempotent: false },
  input: z.strictObject({
    ticket_id: ticketIdInput,
    note: text(MAX_NOTE_LENGTH).describe('The text of the note.'),
    author: text(80).default('assistant').describe('Who writes it.'),
    visibility: z
      .enum(['internal', 'public'])
      .default('internal')
      .describe('"internal" for the agents only, "public" if the person who asked should read it.'),
  }),
  output: z.object({
    ticket_id: idOutput,
    note_id: idOutput,
    author: z.string(),
    visibility: z.string(),
    created_at: timeOutput,
    total_notes: countOutput.describe('notes of the ticket, this one included'),
  }),
  answer: (desk, { ticket_id: ticketId, note, author, visibility }) => {
    if (desk.count('SELECT count(*) AS n FROM tickets WHERE id = ?', ticketId) === 0) {
      throw missing(desk, 'tickets', ticketId);
    }
    const now = isoSeconds(Date.now());
    const [added] = desk.all<{ id: number }>(
      'INSERT INTO ticket_notes (ticket_id, author, visibility, note, created_at) VALUES (?, ?, ?, ?, ?) RETURNING id',
      ticketId,
      author,
      visibility,
      note,
      now,
    );
    if (added === undefined) throw new Error('the database returned no id for the new note');
    desk.all('UPDATE tickets SET updated_at = ? WHERE id = ?', now, ticketId);
    const total = desk.count(
      'SELECT count(*) AS n FROM ticket_notes WHERE ticket_id = ?',
      ticketId,
    );
    return {
      ticket_id: ticketId,
      note_id: added.id,
      author,
      visibility,
      created_at: now,
      total_notes: total,
    };
  },
});
