/**
 * Tries the laws that are named on the command line, in their order, up to the first that is broken, and prints one line of
 * JSON for each. esbuild bundles this program with the sources that are judged.
 */
import { writeSync } from "node:fs";
import fc from "fast-check";
import { LAWS, type NamedLaw } from "./laws.ts";

/** fast-check's default makes text of the counterexample. A report must carry the values, which can be measured. */
fc.configureGlobal({
  reporter({ failed, counterexample, errorInstance }) {
    if (!failed) return;
    const cause = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
    throw Object.assign(new Error(cause), { counterexample });
  },
});

/** Hooks that throw print their errors where no hook takes them. */
console.error = () => {};

/** Numbers of bytes, and of elements of lists, in a counterexample. */
function sizes(
  value: unknown,
  seen: Set<unknown> = new Set(),
): { bytes: number; elements: number } {
  const total = { bytes: 0, elements: 0 };
  if (typeof value !== "object" || value === null || seen.has(value)) return total;
  seen.add(value);
  if (value instanceof Uint8Array) return { bytes: value.length, elements: 0 };
  const { lines } = value as { readonly lines?: readonly string[] };
  if (lines !== undefined) return { bytes: lines.join("").length, elements: 0 }; // a head of HTTP
  if (Array.isArray(value)) total.elements += value.length;
  for (const each of Object.values(value)) {
    const { bytes, elements } = sizes(each, seen);
    total.bytes += bytes;
    total.elements += elements;
  }
  return total;
}

/** The laws put the values of their counterexample, or the history, into the error that they throw. */
function sizeOf(error: unknown): string {
  const { counterexample, history } = error as {
    readonly counterexample?: readonly unknown[];
    readonly history?: readonly unknown[];
  };
  if (history !== undefined) return `${history.length} moves`;
  if (counterexample === undefined || counterexample === null) return "";
  const { bytes, elements } = sizes(counterexample);
  // The list of the arguments of the property is no part of the example.
  return bytes > 0 ? `${bytes} bytes` : `${elements - counterexample.length} steps`;
}

async function verdictOf(name: string, law: NamedLaw): Promise<object> {
  try {
    await law();
    return { law: name, isKept: true, size: "", message: "" };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    // A counterexample of 64 KiB is no reading matter, and would not fit into the pipe at once.
    const message = text.length > 4_000 ? `${text.slice(0, 4_000)}...` : text;
    return { law: name, isKept: false, size: sizeOf(error), message };
  }
}

for (const name of process.argv.slice(2)) {
  const law = LAWS[name];
  if (law === undefined) throw new Error(`there is no law ${name}`);
  const verdict = (await verdictOf(name, law)) as { isKept: boolean };
  writeSync(1, `${JSON.stringify(verdict)}\n`);
  if (!verdict.isKept) break;
}
process.exit(0);
