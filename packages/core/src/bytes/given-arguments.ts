/**
 * Checks of arguments, once, at the public function that the caller calls. JavaScript accepts a misspelt word, `null` or a
 * list in place of another value. Without these checks such a mistake would throw only at the first frame, far from the
 * caller's code.
 */
import { describeValue } from "./describe-value.ts";
import { MisuseError } from "./misuse-error.ts";

/** @param what the argument as the caller knows it, for the message. @throws MisuseError */
export function requireString(what: string, value: unknown): void {
  if (typeof value === "string") return;
  throw new MisuseError(`${what} is ${describeValue(value)}: give a string`);
}

/** @throws MisuseError */
export function requireObject(what: string, value: unknown): void {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw new MisuseError(`${what} is ${describeValue(value)}: give an object`);
}

/** @throws MisuseError */
export function requireList(what: string, value: unknown): void {
  if (Array.isArray(value)) return;
  throw new MisuseError(`${what} is ${describeValue(value)}, not a list: give an array`);
}

/** @throws MisuseError */
export function requireStrings(what: string, values: unknown): void {
  requireList(what, values);
  for (const [index, value] of (values as unknown[]).entries()) {
    requireString(`${what}[${index}]`, value);
  }
}

/** @throws MisuseError for every value except true and false: the string "false" is truthy. */
export function requireBoolean(what: string, value: unknown): void {
  if (typeof value === "boolean") return;
  throw new MisuseError(`${what} is ${describeValue(value)}: give true or false`);
}

/** @throws MisuseError for a number below 0, and for a value that is no number. */
export function requireCount(what: string, value: unknown): void {
  if (typeof value === "number" && value >= 0) return;
  throw new MisuseError(`${what} is ${describeValue(value)}: it must be a number from 0 on`);
}

/**
 * The members of an options object, each read once: own members, and members of its class. Members of `Object.prototype` do
 * not count. Otherwise prototype pollution, a write to `Object.prototype`, could make a program trust any certificate or
 * any page.
 * @returns an object without a prototype, so that its readers cannot find inherited members either.
 * @throws MisuseError for a value that is no object.
 */
export function givenOptions<T extends object>(what: string, given: T): T {
  requireString("the name of the options", what);
  requireObject(what, given);
  const options: Record<string, unknown> = Object.create(null);
  let holder: object = given;
  for (;;) {
    const parent: object | null = Object.getPrototypeOf(holder);
    // The root of a chain is the Object.prototype of some realm; an object without a prototype is its own root.
    if (parent === null && holder !== given) break;
    for (const name of Object.getOwnPropertyNames(holder)) {
      const isClassItself = name === "constructor" && holder !== given;
      if (!isClassItself && !(name in options)) options[name] = Reflect.get(given, name);
    }
    if (parent === null) break;
    holder = parent;
  }
  return options as T;
}
