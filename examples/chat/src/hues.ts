/** A colour for each person in a room. The colours of the people present decide, so that all are as far apart as possible. */

/** In the order of the colour circle: neighbouring numbers look similar. The style sheet has the colours. */
export const HUES = 8;

/**
 * A hue that the fewest people have. Of several, the one that is farthest from the hues of the others.
 * @param present the hues of the other people in the room.
 * @param before the hue that the name had when it last spoke there; the name gets it again when few enough people have it.
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

/** The distance along the circle to a hue that more people have than this one. */
function distanceToNearest(hue: number, counts: readonly number[]): number {
  for (let distance = 1; distance <= HUES / 2; distance += 1) {
    const sides = [(hue + distance) % HUES, (hue + HUES - distance) % HUES];
    if (sides.some((side) => counts[side]! > counts[hue]!)) return distance;
  }
  return HUES;
}

/** The start of the search, so that a person alone often has the same colour. */
function hashOf(name: string): number {
  let hash = 0;
  for (const character of name) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x9e3779b1);
  return hash >>> 29;
}
