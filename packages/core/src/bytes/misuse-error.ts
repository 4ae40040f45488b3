/**
 * A mistake of the caller, found before anything was changed: a wrong argument, a command at the wrong time. The message
 * says what is wrong, where, and what to do. What a peer does wrong never throws; it is a value.
 */
export class MisuseError extends Error {
  /** "MisuseError", to tell it from other errors across copies of the package. */
  override readonly name: string = "MisuseError";
}
