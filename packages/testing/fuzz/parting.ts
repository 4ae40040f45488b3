/** Comparisons that throw where core and the model part. */
import { toHex } from "../src/wire/bytes.ts";

/** The first thing that core and the model tell differently. */
export class Parting extends Error {
  readonly what: string;
  readonly core: string;
  readonly model: string;
  constructor(what: string, core: string, model: string) {
    super(what);
    this.what = what;
    this.core = core;
    this.model = model;
  }
}

export function requireEqual(what: string, core: unknown, model: unknown): void {
  if (core !== model) throw new Parting(what, show(core), show(model));
}

export function requireEqualBytes(what: string, core: Uint8Array, model: Uint8Array): void {
  let isEqual = core.length === model.length;
  for (let index = 0; isEqual && index < core.length; index += 1) {
    isEqual = core[index] === model[index];
  }
  if (!isEqual) throw new Parting(what, toHex(core), toHex(model));
}

export function requireEqualData(what: string, core: unknown, model: unknown): void {
  if (core === model) return;
  const [one, other] = [JSON.stringify(core), JSON.stringify(model)];
  if (one !== other) throw new Parting(what, one, other);
}

function show(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
