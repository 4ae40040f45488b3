/** Values as error messages show them. */

const MOST_CHARACTERS = 60;

/** A character by its code, as Unicode writes it: "U+000A". */
export function describeCode(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Describes a value in at most one line. The function runs no code of the value, and so cannot throw. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.slice(0, MOST_CHARACTERS));
    case "function":
      return "a function";
    case "symbol":
      return "a symbol";
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? "a list" : "an object";
    default:
      return String(value);
  }
}
