/** Which parts of core have run, by V8's precise coverage. */
import { type Profiler, Session } from "node:inspector";

/** Counts the parts of the scripts below a path. */
export class CoreCoverage {
  private readonly session = new Session();
  private readonly path: string;
  /** For each script, the characters that have run: 1. */
  private readonly seen = new Map<string, Uint8Array>();
  /** Characters of all scripts that have run. */
  characters = 0;

  constructor(path: string) {
    this.path = path;
    this.session.connect();
    this.session.post("Profiler.enable");
    this.session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** Forgets the counts since the last call, without looking at them. */
  skip(): void {
    this.session.post("Profiler.takePreciseCoverage", () => {});
  }

  /** Looks at what has run since the last call. @returns the number of characters that ran for the first time. */
  take(isKept: boolean): number {
    let fresh = 0;
    // The callback of a session is called before `post` returns.
    this.session.post("Profiler.takePreciseCoverage", (error, answer) => {
      if (error !== null) throw error;
      for (const script of answer.result) {
        if (script.url.includes(this.path)) fresh += this.look(script, isKept);
      }
    });
    if (isKept) this.characters += fresh;
    return fresh;
  }

  private look({ url, functions }: Profiler.ScriptCoverage, isKept: boolean): number {
    const size = Math.max(0, ...functions.map(({ ranges }) => ranges[0]!.endOffset));
    const ran = new Uint8Array(size);
    // Outer ranges come before the ranges inside them.
    const ranges = functions.flatMap((one) => one.ranges);
    ranges.sort(
      (one, other) => one.startOffset - other.startOffset || other.endOffset - one.endOffset,
    );
    for (const { startOffset, endOffset, count } of ranges) {
      ran.fill(count > 0 ? 1 : 0, startOffset, endOffset);
    }
    let seen = this.seen.get(url);
    if (seen === undefined || seen.length < size) {
      const longer = new Uint8Array(size);
      if (seen !== undefined) longer.set(seen);
      seen = longer;
      this.seen.set(url, seen);
    }
    let fresh = 0;
    for (let at = 0; at < size; at += 1) {
      if (ran[at] === 0 || seen[at] === 1) continue;
      fresh += 1;
      if (isKept) seen[at] = 1;
    }
    return fresh;
  }
}
