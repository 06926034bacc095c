/**
 * Divides a budget fairly: what is small gets what it needs, and what is large shares the rest equally. A pure function of sizes and their order, so that the same results
 * get the same shares whatever the order in which they came. The shares sum to the budget at most.
 */
export function fairShares(sizes: readonly number[], budget: number): readonly number[] {
  const shares = [...sizes];
  const bySize = [...sizes.keys()].toSorted((a, b) => (sizes[a] ?? 0) - (sizes[b] ?? 0));
  let left = budget;
  for (const [place, index] of bySize.entries()) {
    const size = sizes[index] ?? 0;
    const share = Math.floor(left / (bySize.length - place));
    // This one is too large, and so is every one behind it.
    if (size > share) {
      for (const large of bySize.slice(place)) shares[large] = share;
      break;
    }
    left -= size;
  }
  return shares;
}

/** Of things that go whole or not at all, the smallest that fit a budget together; the earlier ones of two as large. */
export function wholeOnes(sizes: readonly number[], budget: number): ReadonlySet<number> {
  const bySize = [...sizes.keys()].toSorted((a, b) => (sizes[a] ?? 0) - (sizes[b] ?? 0));
  const whole = new Set<number>();
  let left = budget;
  for (const index of bySize) {
    left -= sizes[index] ?? 0;
    if (left < 0) break;
    whole.add(index);
  }
  return whole;
}
