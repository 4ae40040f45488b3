/**
 * A mistake of the caller: a wrong argument, or a command at the wrong time. The engine has changed no state. The message
 * tells the mistake, its place and the remedy. A fault of the peer never throws: it is a value.
 */
export class MisuseError extends Error {
  /** "MisuseError", to tell it from other errors across copies of the package. */
  override readonly name: string = "MisuseError";
}
