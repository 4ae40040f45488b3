/** A value as the message of an error shows it. */

const MOST_CHARACTERS = 60;

/** What the value is, and no more of it than a line holds. Runs no code of the value's own, and so cannot throw. */
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
