/** Changes of the head of a message: heads stay right by some, and break one rule by others. */

/** A change of the lines of a head, each with its own line end. */
export interface HeadChange<Verdict> {
  /** The section and the rule that the change breaks; null if the head stays right. */
  readonly broken: string | null;
  /** The verdict that must follow. */
  readonly verdict: Verdict;
  change(lines: string[]): string[];
}

/** Another line in place of the line that begins so; none, if `line` is null. */
export function replacing(start: string, line: string | null): (lines: string[]) => string[] {
  return (lines) =>
    lines.flatMap((one) => (one.startsWith(start) ? (line === null ? [] : [line]) : [one]));
}

/** More lines at the end. */
export function adding(...more: string[]): (lines: string[]) => string[] {
  return (lines) => [...lines, ...more];
}

/** A head that stays right. */
export function right<Verdict>(
  verdict: Verdict,
  change: (lines: string[]) => string[],
): HeadChange<Verdict> {
  return { broken: null, verdict, change };
}

/** A head with one broken rule. */
export function wrong<Verdict>(
  broken: string,
  verdict: Verdict,
  change: (lines: string[]) => string[],
): HeadChange<Verdict> {
  return { broken, verdict, change };
}
