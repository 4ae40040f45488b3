/** What was recorded, and by how much a later figure may be above it. */
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

/** A share, and as much as the measuring itself may bring: both are below any real regression. */
const SHARE = 0.1;
export const SLACK: Readonly<Record<string, number>> = {
  "heap bytes/frame": 0.5,
  "heap bytes/message": 24,
  "buffer bytes/message": 512,
  "system calls/burst": 0.4,
};

export interface Verdict {
  readonly most: number;
  /** Null when all is well. */
  readonly complaint: string | null;
}

/** @param name "node20: 64 B, heap bytes/message": what stands behind the last comma is the unit */
export function judge(name: string, value: number, baseline: number | undefined): Verdict {
  const unit = name.slice(name.lastIndexOf(", ") + 2);
  const slack = SLACK[unit];
  if (slack === undefined) throw new Error(`bug: no slack for ${unit}`);
  const update = "If it has to grow, run pnpm guard:update, and say why in the commit.";
  if (baseline === undefined) {
    return { most: Number.NaN, complaint: `${name}: ${value}, and no baseline. ${update}` };
  }
  const most = baseline * (1 + SHARE) + slack;
  if (value <= most) return { most, complaint: null };
  return {
    most,
    complaint: `${name}: ${value.toPrecision(4)}, the baseline is ${baseline}, and ${most.toPrecision(4)} would do. ${update}`,
  };
}
