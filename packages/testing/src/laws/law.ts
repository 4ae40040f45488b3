/** The parts that all laws share: how often they are tried, and how a broken law is reported. */
import fc from "fast-check";
import type { AgreedExtensions } from "../engine/agreed-extensions.ts";
import { BindingError, requireParser } from "../engine/binding.ts";
import type { Engine, Parser } from "../engine/engine.ts";

/** How a law is tried. */
export interface LawOptions {
  /** How many examples are tried. Default 1000. */
  readonly runs?: number;
  /** Replays a run; the report of a broken law names it. Default: a fresh one. */
  readonly seed?: number;
  /** Replays, with the seed, the smallest counterexample alone; the report of a broken law names it. Default: all runs. */
  readonly path?: string;
  /** The side of the endpoints that are tried, for a parser that knows one side only. Default: both sides. */
  readonly role?: "client" | "server";
  /**
   * The extensions on which the engine's connections agreed with their peer, for laws over connections that are open: the
   * messages that the engine is fed then pass through the peer's session. Default: no extension.
   */
  readonly extensions?: AgreedExtensions;
}

/** A law: throws, with the smallest example found and the seed that finds it again, when the engine breaks it. */
export type Law = (engine: Engine, options?: LawOptions) => void;

/** Checks a property with the options of a law. @throws Error that says what is broken, by which input, and how to see it again. */
export function checkLaw<Ts>(
  law: string,
  engines: readonly Parser[],
  property: fc.IProperty<Ts>,
  options: LawOptions,
): void {
  for (const engine of engines) requireParser(law, engine);
  const parameters = parametersOf(law, options);
  const details = fc.check(property, parameters) as fc.RunDetails<Ts>;
  if (details.failed) throw reportOf(law, engines, details);
}

/** The same for a property that is asynchronous. */
export async function checkLawAsync<Ts>(
  law: string,
  name: string,
  property: fc.IAsyncProperty<Ts>,
  options: LawOptions,
): Promise<void> {
  const details = (await fc.check(property, parametersOf(law, options))) as fc.RunDetails<Ts>;
  if (details.failed) throw reportOf(law, [{ name }], details);
}

function parametersOf<Ts>(law: string, options: LawOptions): fc.Parameters<Ts> {
  requireLawOptions(law, options);
  const { runs = 1000, seed, path } = options;
  return {
    numRuns: runs,
    ...(seed === undefined ? {} : { seed }),
    ...(path === undefined ? {} : { path }),
  };
}

/** The verdict comes first: people read the first line, and many tools show no more. */
function reportOf<Ts>(
  law: string,
  engines: readonly { readonly name: string }[],
  details: fc.RunDetails<Ts>,
): Error {
  const { counterexample, counterexamplePath, errorInstance, seed, numRuns, numShrinks } = details;
  // A mistake of the binding says nothing of the engine.
  if (errorInstance instanceof BindingError) return errorInstance;
  const names = engines.map(({ name }) => name).join(" and ");
  if (counterexample === null) {
    return new Error(
      `${law} could not be tried on ${names}: ${fc.defaultReportMessage(details) ?? ""}`,
    );
  }
  const verdict = errorInstance instanceof LawBroken ? errorInstance.message : null;
  const what = verdict ?? `it threw ${String(errorInstance)}`;
  const input = (counterexample as readonly unknown[]).map((value) => fc.stringify(value));
  const message = [
    `${law} does not hold of ${names}: ${what}`,
    `The smallest input found, after ${numRuns} ${numRuns === 1 ? "run" : "runs"} and ${numShrinks} steps of shrinking:`,
    input.join("\n"),
    `To try this input again: ${law}(..., { seed: ${seed}, path: "${counterexamplePath ?? ""}" })`,
  ].join("\n\n");
  const report = new Error(message, verdict === null ? { cause: errorInstance } : {});
  // For programs that measure counterexamples. A test runner that prints the error must not print the bytes again.
  return Object.defineProperty(report, "counterexample", { value: counterexample });
}

/** The law is broken; the message says how. */
export class LawBroken extends Error {
  /** "LawBroken" */
  override readonly name = "LawBroken";
}

const LAW_OPTIONS: readonly string[] = ["runs", "seed", "path", "role", "extensions"];

/**
 * A misspelt option would pass for an absent one, and a law that is tried no times holds of every engine.
 * @throws RangeError
 */
export function requireLawOptions(law: string, options: LawOptions): void {
  if (typeof options !== "object" || options === null) {
    throw new RangeError(`the options of ${law} are ${String(options)}: give an object`);
  }
  const unknown = Object.keys(options).find((name) => !LAW_OPTIONS.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`${law} has no option ${unknown}; known are ${LAW_OPTIONS.join(", ")}`);
  }
  const { runs = 1, seed = 0, path = "", role = "client" } = options;
  if (!Number.isSafeInteger(runs) || runs < 1) {
    throw new RangeError(`runs is ${String(runs)}: give a whole number from 1 on`);
  }
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(`seed is ${String(seed)}: give a whole number`);
  }
  if (typeof path !== "string" || !/^[\d:]*$/.test(path)) {
    throw new RangeError(`path is ${String(path)}: give the path that a report names`);
  }
  if (path !== "" && options.seed === undefined) {
    throw new RangeError("path is given without a seed: give both as the report names them");
  }
  if (role !== "client" && role !== "server") {
    throw new RangeError(`role is ${String(role)}: give "client" or "server"`);
  }
}
