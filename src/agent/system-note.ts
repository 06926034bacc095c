/** Encourages a model to batch: what it asks for at once runs at once, and it cannot know that by itself. */
export const BATCH_NOTE =
  'Tool calls that you make in one message run at the same time, across several servers. ' +
  'When you need several pieces of information and none depends on the result of another, ask for all of them in one message. ' +
  'Calls that change the same thing run in the order in which you write them.';
