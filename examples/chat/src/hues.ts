/** A colour for everybody in a room: given out by who is there, so that they are as far apart as they can be. */

/** In the order of the colour circle: neighbours in number are neighbours to the eye. The style sheet has the colours. */
export const HUES = 8;

/**
 * One of the hues that the fewest have; of those, the one that is farthest from what the others have.
 * @param present the hues of the others who are there.
 * @param before the hue that the name had when it last spoke there; it is given again when few enough have it.
 */
export function chooseHue(name: string, present: Iterable<number>, before: number | null): number {
  const counts = new Array<number>(HUES).fill(0);
  for (const hue of present) counts[hue]! += 1;
  const fewest = Math.min(...counts);
  if (before !== null && counts[before] === fewest) return before;
  const start = hashOf(name);
  let best = start;
  let most = -1;
  for (let step = 0; step < HUES; step += 1) {
    const hue = (start + step) % HUES;
    const distance = counts[hue] === fewest ? distanceToNearest(hue, counts) : -1;
    if (distance > most) [best, most] = [hue, distance];
  }
  return best;
}

/** Along the circle, to a hue that more have than this one. */
function distanceToNearest(hue: number, counts: readonly number[]): number {
  for (let distance = 1; distance <= HUES / 2; distance += 1) {
    const sides = [(hue + distance) % HUES, (hue + HUES - distance) % HUES];
    if (sides.some((side) => counts[side]! > counts[hue]!)) return distance;
  }
  return HUES;
}

/** Where to begin, so that somebody alone often has the same colour. */
function hashOf(name: string): number {
  let hash = 0;
  for (const character of name) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x9e3779b1);
  return hash >>> 29;
}
