/** Arguments of callers, judged at the call: a mistake must not come back as a fault of the engine under test. */

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "function" ? "a function" : String(value);
}

/** @throws RangeError for what is no side of a connection. */
export function requireRole(role: unknown): void {
  if (role === "client" || role === "server") return;
  throw new RangeError(
    `the role is ${shown(role)}: give "client" or "server", the side that receives`,
  );
}

/** @throws TypeError for what is no Uint8Array. By its tag: bytes of another realm are bytes too. */
export function requireBytes(name: string, bytes: unknown): void {
  if (Object.prototype.toString.call(bytes) === "[object Uint8Array]") return;
  throw new TypeError(`${name} is ${shown(bytes)}: give a Uint8Array`);
}

/** @throws RangeError for what is no whole number, from `least` on. */
export function requireCount(name: string, value: unknown, least: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= least) return;
  throw new RangeError(`${name} is ${shown(value)}: give a whole number from ${least} on`);
}

/** @throws TypeError for what is no object, or for a member that is not known: a misspelt option would pass for an absent one. */
export function requireOptions(name: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(`the options of ${name} are ${shown(options)}: give an object`);
  }
  const unknown = Object.keys(options).find((member) => !known.includes(member));
  if (unknown === undefined) return;
  throw new TypeError(`${name} has no option ${unknown}; known are ${known.join(", ")}`);
}

/** @throws RangeError for what is none of these words. */
export function requireOneOf(name: string, value: unknown, words: readonly string[]): void {
  if (typeof value === "string" && words.includes(value)) return;
  const known = words.map((word) => JSON.stringify(word)).join(" or ");
  throw new RangeError(`${name} is ${shown(value)}: give ${known}`);
}

/** @throws TypeError for what cannot stand in a line of an HTTP head. */
export function requireFieldText(name: string, value: unknown): void {
  if (typeof value === "string" && /^[\x21-\x7e]+$/.test(value)) return;
  throw new TypeError(`${name} is ${shown(value)}: give visible ASCII characters, without spaces`);
}
