/** The recorded figures, and the tolerance by which a later figure may be above its recorded one. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export type Figures = Readonly<Record<string, number>>;

const PATH = fileURLToPath(new URL("../../guard.json", import.meta.url));

export function readBaselines(): Figures {
  return existsSync(PATH) ? (JSON.parse(readFileSync(PATH, "utf8")) as Figures) : {};
}

/** Keeps what was not measured now. Three digits are enough, and do not change by themselves. */
export function writeBaselines(figures: Figures): void {
  const merged = Object.entries({ ...readBaselines(), ...figures });
  const rounded = merged.map(([name, value]) => [name, Number(value.toPrecision(3))] as const);
  const sorted = rounded.sort(([one], [other]) => (one < other ? -1 : 1));
  writeFileSync(PATH, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}

interface Tolerance {
  readonly share: number;
  readonly slack: number;
}

/** The difference that the measuring itself may bring; below any real regression, such as one system call more per burst. */
const TOLERANCES: Readonly<Record<string, Tolerance>> = {
  "heap bytes/frame": { share: 0.1, slack: 0.5 },
  "heap bytes/message": { share: 0.1, slack: 24 },
  "buffer bytes/message": { share: 0.1, slack: 512 },
  "system calls/burst": { share: 0, slack: 0.9 },
};

export interface Verdict {
  readonly most: number;
  /** Null when all is well. */
  readonly complaint: string | null;
}

/** @param name "node20: 64 B, heap bytes/message": what stands behind the last comma is the unit */
export function judge(name: string, value: number, baseline: number | undefined): Verdict {
  const unit = name.slice(name.lastIndexOf(", ") + 2);
  const tolerance = TOLERANCES[unit];
  if (tolerance === undefined) throw new Error(`bug: no tolerance for ${unit}`);
  const update = "If it has to grow, run pnpm guard:update, and say why in the commit.";
  if (baseline === undefined) {
    return { most: Number.NaN, complaint: `${name}: ${value}, and no baseline. ${update}` };
  }
  const most = baseline * (1 + tolerance.share) + tolerance.slack;
  if (value <= most) return { most, complaint: null };
  return {
    most,
    complaint: `${name}: ${value.toPrecision(4)}, the baseline is ${baseline}, and ${most.toPrecision(4)} would do. ${update}`,
  };
}
