/**
 * Text to UTF-8 and back by what a runtime has: the two classes of the web platform, and the methods of Node's `Buffer`,
 * which Bun and Deno have too. Each way is used at the lengths where it is the fastest, and the engine's own loops elsewhere.
 * The figures are CPU time per call, with the view that a class needs (2026-11).
 */
import { KERNELS, type Kernels } from "@sansocket/core";

/** The kernels that turn bytes into text and back. */
export type TextKernels = Pick<Kernels, "decodeUtf8" | "encodeUtf8Into" | "utf8Length">;

/** Up to this length the engine's loop is faster than a class or a method: 16 bytes in 35 ns, where V8's take 60 ns or more. */
const OWN_DECODER_UP_TO = 16;
/** From this length on `encodeInto` is faster than the engine's loop, although the call needs a view. */
const ENCODE_INTO_FROM = 64;
/** From this length on two passes of `encodeInto` are faster than one of the engine's loop. */
const MEASURE_BY_ENCODER_FROM = 256;
/** Code units that surely fit into the scratch: three bytes at most for each. */
const MEASURED_UNITS = 21_840;

/** Kernels made of the classes of the web platform that are there. */
export function webTextKernels(
  Decoder: typeof TextDecoder | undefined,
  Encoder: typeof TextEncoder | undefined,
): Partial<TextKernels> {
  const kernels: { -readonly [Name in keyof TextKernels]?: TextKernels[Name] } = {};
  if (Decoder !== undefined) {
    const decoder = new Decoder("utf-8", { ignoreBOM: true });
    kernels.decodeUtf8 = (bytes, start, end) =>
      end - start <= OWN_DECODER_UP_TO
        ? KERNELS.decodeUtf8(bytes, start, end)
        : decoder.decode(bytes.subarray(start, end));
  }
  if (Encoder !== undefined) {
    const encoder = new Encoder();
    kernels.encodeUtf8Into = (text, target, at) =>
      text.length < ENCODE_INTO_FROM
        ? KERNELS.encodeUtf8Into(text, target, at)
        : at + encoder.encodeInto(text, target.subarray(at)).written;
    kernels.utf8Length = measuringBy(encoder);
  }
  return kernels;
}

/**
 * Measures text by encoding it into a scratch that nobody reads: 1 MiB of ASCII takes 60 µs, where the engine's loop over the
 * code units takes 1,200 µs (V8 of Node 26).
 */
function measuringBy(encoder: InstanceType<typeof TextEncoder>): (text: string) => number {
  let scratch: Uint8Array<ArrayBuffer> | null = null;
  return (text) => {
    if (text.length < MEASURE_BY_ENCODER_FROM) return KERNELS.utf8Length(text);
    scratch ??= new Uint8Array(3 * MEASURED_UNITS);
    let bytes = 0;
    for (let at = 0; at < text.length; ) {
      let end = Math.min(text.length, at + MEASURED_UNITS);
      // A pair of surrogates is one character: no piece ends inside of it.
      if (end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end -= 1;
      bytes += encoder.encodeInto(text.slice(at, end), scratch).written;
      at = end;
    }
    return bytes;
  };
}

/** The members of Node's class `Buffer` that the kernels call. */
export interface BufferClass {
  /** Its methods of the names "utf8Slice", "latin1Slice" and "utf8Write", where there are some, take any Uint8Array as `this`. */
  readonly prototype: object;
  /** The number of bytes of the text as UTF-8. */
  readonly byteLength: (this: void, text: string) => number;
}

/** From which lengths on a runtime's methods of `Buffer` are the fastest. */
export interface BufferSizes {
  /** Bytes from which on `utf8Slice` decodes. Default 17. */
  readonly decodeFrom?: number;
  /** Bytes from which on `utf8Slice` decodes no more. Default Infinity. */
  readonly decodeBelow?: number;
  /** Code units from which on `utf8Write` encodes. Infinity: never. */
  readonly encodeFrom: number;
  /** Whether all bytes are ASCII: where it is given, long ASCII is decoded by `latin1Slice`. */
  readonly isAscii?: (bytes: Uint8Array) => boolean;
}

interface BufferMethods {
  readonly utf8Slice: (this: Uint8Array, start: number, end: number) => string;
  readonly latin1Slice: (this: Uint8Array, start: number, end: number) => string;
  readonly utf8Write: (this: Uint8Array, text: string, at: number, most: number) => number;
}

/**
 * From this length on it pays to ask whether the bytes are ASCII. The V8 of Node 20 and 22 decodes 64 KiB of ASCII as UTF-8
 * in 7.7 to 9.4 µs, as latin1 in 5 µs, and the question takes 0.7 µs; 1 MiB in 760, 550 and 13 µs. Node 24 and 26 gain nothing, and
 * lose 2 in 100.
 */
const LATIN1_FROM = 4_096;

/**
 * Kernels made of methods of `Buffer`. They take a range, so no view is needed, and their calls cost less than those of the
 * classes: on Node 26 text of 64 bytes is decoded in 64 ns where a TextDecoder takes 100 ns, and encoded in 31 ns where
 * `encodeInto` takes 68 ns. `byteLength` measures 1 MiB in 18 µs, where the engine's loop over the code units takes 1,100 to
 * 1,700 µs.
 *
 * The three methods are not documented. Where one is missing, and at the lengths that are not its own, `others` do the work.
 */
export function bufferTextKernels(
  { prototype, byteLength }: BufferClass,
  others: Partial<TextKernels> | undefined,
  sizes: BufferSizes,
): TextKernels {
  const { decodeFrom = OWN_DECODER_UP_TO + 1, decodeBelow = Number.POSITIVE_INFINITY } = sizes;
  const { encodeFrom, isAscii } = sizes;
  const { utf8Slice, latin1Slice, utf8Write } = prototype as Partial<BufferMethods>;
  const { decodeUtf8, encodeUtf8Into } = { ...KERNELS, ...others };
  return {
    decodeUtf8:
      utf8Slice === undefined || latin1Slice === undefined
        ? decodeUtf8
        : (bytes, start, end) => {
            const length = end - start;
            if (length < decodeFrom || length >= decodeBelow) return decodeUtf8(bytes, start, end);
            const isLatin1 =
              length >= LATIN1_FROM && isAscii !== undefined && isAscii(bytes.subarray(start, end));
            return (isLatin1 ? latin1Slice : utf8Slice).call(bytes, start, end);
          },
    encodeUtf8Into:
      utf8Write === undefined
        ? encodeUtf8Into
        : (text, target, at) =>
            text.length < encodeFrom
              ? encodeUtf8Into(text, target, at)
              : at + utf8Write.call(target, text, at, target.length - at),
    utf8Length: (text) => byteLength(text),
  };
}
