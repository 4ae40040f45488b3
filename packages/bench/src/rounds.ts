/** Candidates take turns, so that what happens to the machine happens to all of them; what counts is the median. */

export function median(figures: readonly number[]): number {
  if (figures.length === 0) throw new Error("bug: the median of nothing");
  const sorted = [...figures].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export interface Comparison {
  readonly ratio: number;
  readonly spread: readonly [least: number, largest: number];
}

/** How many times as much the peer needs. Both have a figure per round, and rounds are compared with each other. */
export function compareCosts(ours: readonly number[], peers: readonly number[]): Comparison {
  const ratios = ours.slice(0, peers.length).map((figure, round) => peers[round]! / figure);
  return {
    ratio: median(peers) / median(ours),
    spread: [Math.min(...ratios), Math.max(...ratios)],
  };
}
