/** The parts of Web IDL that make a class of ours look and answer like one of the platform's (webidl.spec.whatwg.org). */
import { isAbortSignal } from "../option-kinds.ts";
import type { Blob } from "../runtime/globals.ts";
import { isArrayBuffer } from "../socket/sendable.ts";

/** A call with too few arguments is a TypeError. This check comes before all other checks. */
export function requireArguments(given: number, needed: number, what: string): void {
  if (given >= needed) return;
  throw new TypeError(
    `${what}: ${needed} argument${needed === 1 ? "" : "s"} required, ${given} given`,
  );
}

/** An attribute or operation whose type is a promise never throws, not even for an object of another interface. */
export function promiseOf<T>(get: () => Promise<T>): Promise<T> {
  try {
    return get();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** USVString: lone surrogates become U+FFFD. @throws TypeError for symbols and other values without a string form. */
export function usvString(value: unknown): string {
  const text = `${value as string}`;
  return (text as string & { toWellFormed(): string }).toWellFormed();
}

const LARGEST_UNSIGNED_SHORT = 65_535;

/** [Clamp] unsigned short: rounds, half to even, and stays within 0 and 65535; NaN is 0. */
export function clampedUnsignedShort(value: unknown): number {
  const number = +(value as number);
  if (Number.isNaN(number)) return 0;
  const clamped = Math.min(Math.max(number, 0), LARGEST_UNSIGNED_SHORT);
  const floor = Math.floor(clamped);
  const fraction = clamped - floor;
  if (fraction === 0.5) return floor % 2 === 0 ? floor : floor + 1;
  return fraction < 0.5 ? floor : floor + 1;
}

/** [EnforceRange] unsigned short. @throws TypeError for a value that is no number from 0 to 65535. */
export function enforcedUnsignedShort(value: unknown, what: string): number {
  const number = Math.trunc(+(value as number));
  if (number >= 0 && number <= LARGEST_UNSIGNED_SHORT) return number === 0 ? 0 : number;
  throw new TypeError(
    `${what} is ${String(value)}: give a number from 0 to ${LARGEST_UNSIGNED_SHORT}`,
  );
}

/** A dictionary is an object or is left out. */
export function dictionary(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (typeof value === "object" || typeof value === "function") {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new TypeError(`${what} is of type ${typeof value}: give an object`);
}

/** AbortSignal, or left out. Callers easily give the controller in place of its signal, and a controller would abort nothing. */
export function requireAbortSignal(value: unknown, what: string): void {
  if (value !== undefined && !isAbortSignal(value)) {
    throw new TypeError(`${what} is no AbortSignal`);
  }
}

/** sequence<DOMString>: anything that can be iterated, but no string. */
export function stringSequence(value: unknown, what: string): string[] {
  const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
  if (!isObject || !(Symbol.iterator in (value as object))) {
    throw new TypeError(`${what} is no list of strings`);
  }
  return Array.from(value as Iterable<unknown>, (item) => `${item as string}`);
}

/** Blob, of any realm or library: a value with the members that a Blob is read by. The Blob of happy-dom has no other mark. */
export function isBlob(value: unknown): value is Blob {
  if (typeof value !== "object" || value === null) return false;
  const { size, type, slice, arrayBuffer } = value as Partial<Blob>;
  return (
    typeof size === "number" &&
    typeof type === "string" &&
    typeof slice === "function" &&
    typeof arrayBuffer === "function"
  );
}

/** BufferSource, of any realm. */
export function isBufferSource(value: unknown): value is ArrayBuffer | ArrayBufferView {
  // Applications send text most, and this line spares text the exception of a getter.
  if (typeof value !== "object") return false;
  return ArrayBuffer.isView(value) || isArrayBuffer(value);
}

/** Bytes that may be sent: a view into memory that other threads write, or that changes its size, is refused. */
export function bufferSource(value: ArrayBuffer | ArrayBufferView): Uint8Array<ArrayBuffer> {
  const buffer: unknown = ArrayBuffer.isView(value) ? value.buffer : value;
  if (!isArrayBuffer(buffer)) {
    throw new TypeError("bytes in shared memory cannot be sent: copy them first");
  }
  if ((buffer as ArrayBuffer & { readonly resizable?: boolean }).resizable === true) {
    throw new TypeError("bytes in a resizable buffer cannot be sent: copy them first");
  }
  // A detached buffer has no bytes (webidl.spec.whatwg.org, "get a copy of the bytes held by"), and takes no view.
  if (buffer.byteLength === 0) return new Uint8Array(0);
  if (!ArrayBuffer.isView(value)) return new Uint8Array(buffer);
  return new Uint8Array(buffer, value.byteOffset, value.byteLength);
}

interface Class {
  readonly prototype: object;
}

/**
 * The members of an interface are enumerable, and the members of a class are not. `Object.prototype.toString` gives the name of
 * the interface for its objects.
 */
export function exposeInterface(exposed: Class, name: string, members: readonly string[]): void {
  const { prototype } = exposed;
  for (const member of members) Object.defineProperty(prototype, member, { enumerable: true });
  Object.defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
}

/** Constants stand on the interface and on its prototype, and cannot be changed. */
export function exposeConstants(exposed: Class, constants: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(constants)) {
    Object.defineProperty(exposed, name, { value, enumerable: true });
    Object.defineProperty(exposed.prototype, name, { value, enumerable: true });
  }
}
