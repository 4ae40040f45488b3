/** A part of the benchmark: `pnpm bench --only echo` measures the part "echo". */
import type { Program } from "./programs.ts";
import type { Detail, Row } from "./results.ts";

export interface Settings {
  /** The runtimes to measure on. */
  readonly programs: readonly Program[];
  /** One short round of each: to see that everything works. The figures are worth little. */
  readonly isQuick: boolean;
  /** Whether `--only` asks for this case. */
  wants(caseName: string): boolean;
  /** Says what is measured now. */
  tell(progress: string): void;
}

export interface Measured {
  readonly rows: readonly Row[];
  readonly details: readonly Detail[];
}

export interface Part {
  readonly name: string;
  /** One line for `--help`. */
  readonly measures: string;
  readonly cases: readonly string[];
  /** False: measured once, whatever the runtimes. */
  readonly isPerRuntime: boolean;
  run(settings: Settings): Promise<Measured>;
}
