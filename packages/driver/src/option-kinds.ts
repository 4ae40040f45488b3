/**
 * The kinds of options. JavaScript takes a string in place of true or false, and "false" is truthy. JavaScript takes a list in
 * place of a function too, and throws when the first peer comes, where no caller hears of the mistake.
 */
import { isBytes, MisuseError } from "@sansocket/core";
import { describeValue } from "@sansocket/core/describe";

/** A value as a message shows it. */
export const shown: (value: unknown) => string = describeValue;

/**
 * Judges a value, and may return another value to use in its place.
 * @param path how the caller names the option, for the message.
 * @param value anything but undefined, which is an absent option.
 * @throws MisuseError for a value that cannot be meant.
 */
export type OptionKind = (path: string, value: unknown) => unknown;

/** The function that takes the value judges it, before anything is done. */
export const judgedLater: OptionKind = () => {};

export const aBoolean: OptionKind = (path, value) => {
  if (typeof value === "boolean") return;
  throw new MisuseError(`${path} is ${shown(value)}: give true or false`);
};

/** True or false, or a number. */
export const aBooleanOrCount: OptionKind = (path, value) => {
  if (typeof value === "boolean" || (Number.isSafeInteger(value) && (value as number) >= 0)) return;
  throw new MisuseError(`${path} is ${shown(value)}: give true or false, or a whole number`);
};

export const aFunction: OptionKind = (path, value) => {
  if (typeof value === "function") return;
  throw new MisuseError(`${path} is not a function but ${shown(value)}: give one, or leave it out`);
};

/** The message does not repeat the value, because the value may be a key. */
export const aString: OptionKind = (path, value) => {
  if (typeof value === "string" && value !== "") return;
  if (isBytes(value)) {
    throw new MisuseError(`${path} is bytes: give text, as readFileSync(path, "utf8") does`);
  }
  const given = typeof value === "string" ? "empty" : `not a string but of type ${typeof value}`;
  throw new MisuseError(`${path} is ${given}: give a string that is not empty, or leave it out`);
};

export const aStringOrSeveral: OptionKind = (path, value) => {
  if (!Array.isArray(value)) aString(path, value);
  else for (const [index, one] of value.entries()) aString(`${path}[${index}]`, one);
};

/** A number of things. Digits in a string would compare like a number, but would not count like a number. */
export function aCount(least: number): OptionKind {
  return (path, value) => {
    const isCount = Number.isInteger(value) || value === Number.POSITIVE_INFINITY;
    if (isCount && (value as number) >= least) return;
    throw new MisuseError(`${path} is ${shown(value)}: give a whole number from ${least} on`);
  };
}

export const milliseconds: OptionKind = (path, value) => {
  if (typeof value === "number" && value >= 0) return;
  throw new MisuseError(`${path} is ${shown(value)}: give milliseconds, a number from 0 on`);
};

/** The kernel takes a number of 32 bits. */
export const aBacklog: OptionKind = (path, value) => {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) < 2 ** 31) return;
  throw new MisuseError(`${path} is ${shown(value)}: give a whole number from 1 to 2147483647`);
};

export const aDescriptor: OptionKind = (path, value) => {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31) return;
  throw new MisuseError(`${path} is ${shown(value)}: give the number of a descriptor, from 0 on`);
};

/** Callers easily give 660 in place of 0o660, and 660 is 0o1224. */
export const aFileMode: OptionKind = (path, value) => {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0o777) return;
  throw new MisuseError(`${path} is ${shown(value)}: give a mode from 0 to 0o777, as 0o660`);
};

export const aPort: OptionKind = (path, value) => {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535) return;
  throw new MisuseError(`${path} is ${shown(value)}: give a number from 0 to 65535`);
};

/** Also a signal of another realm: jsdom has an AbortSignal of its own. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  const given = (value ?? {}) as Partial<AbortSignal>;
  return typeof given.aborted === "boolean" && typeof given.addEventListener === "function";
}

/** Callers easily give the controller in place of its signal, and the controller would abort nothing. */
export const aSignal: OptionKind = (path, value) => {
  if (isAbortSignal(value)) return;
  throw new MisuseError(`${path} is not an AbortSignal: give the signal of an AbortController`);
};

/** Callers easily give a connection in place of the function that opens it. */
export const anOpenTransport: OptionKind = (path, value) => {
  if (typeof value === "function") return;
  throw new MisuseError(
    `${path} is not a function but ${shown(value)}: give what fromStreams, fromDuplex or fromConn makes of a connection`,
  );
};
