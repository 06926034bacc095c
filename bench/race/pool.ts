/** Runs `task` for all items, at most `width` at once. Resolves to what they resolve to, in the order of the items; rejects with the first failure. */
export async function inPool<Item, Result>(
  items: readonly Item[],
  width: number,
  task: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results = Array.from<Result>({ length: items.length });
  // All runners take from one iterator.
  const queue = items.entries();
  const run = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await task(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, run));
  return results;
}
