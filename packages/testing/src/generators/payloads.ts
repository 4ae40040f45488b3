/** Payloads: lengths around the borders of the length field, text with characters of every width. */
import fc from "fast-check";

const BORDERS = [0, 1, 2, 3, 4, 5, 124, 125, 126, 127, 128, 129];
const FAR_BORDERS = [65_534, 65_535, 65_536];

/** The bytes from which payloads are drawn. */
export interface PayloadOptions {
  /** Include payloads around 65,536 bytes, now and then. Default false: they are slow to cut byte by byte. */
  readonly isLarge?: boolean;
}

/** Lengths of payloads, mostly at the borders where the form of the length changes (RFC 6455 §5.2). */
export function payloadLengths({ isLarge = false }: PayloadOptions = {}): fc.Arbitrary<number> {
  return fc.oneof(
    { withCrossShrink: true },
    { weight: 5, arbitrary: fc.constantFrom(...BORDERS) },
    { weight: 4, arbitrary: fc.nat({ max: 300 }) },
    { weight: isLarge ? 1 : 0, arbitrary: fc.constantFrom(...FAR_BORDERS) },
  );
}

/** Binary payloads, their lengths drawn from {@link payloadLengths}. */
export function binaryPayloads(options: PayloadOptions = {}): fc.Arbitrary<Uint8Array> {
  return fc.tuple(payloadLengths(options), fc.integer()).map(([length, seed]) => {
    // From a seed: shrinking a payload byte by byte takes for ever and tells little. Bytes that do not matter become 0.
    const bytes = new Uint8Array(length);
    if (seed === 0) return bytes;
    let state = seed | 1;
    for (let index = 0; index < length; index += 1) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      bytes[index] = state >>> 24;
    }
    return bytes;
  });
}

const CHARACTERS = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("a", "Z", " ", "\u0000", "\u007f") },
  { weight: 2, arbitrary: fc.constantFrom("\u0080", "é", "\u07ff") },
  { weight: 2, arbitrary: fc.constantFrom("\u0800", "€", "\ud7ff", "\ue000", "\ufeff", "\uffff") },
  { weight: 2, arbitrary: fc.constantFrom("\u{10000}", "😀", "\u{10ffff}") },
);

/** Strings without lone surrogates. */
export function texts(): fc.Arbitrary<string> {
  return fc.oneof(
    { withCrossShrink: true },
    fc.string({ unit: CHARACTERS, maxLength: 60 }),
    fc
      .tuple(fc.string({ unit: CHARACTERS, maxLength: 6 }), fc.constantFrom(120, 126, 300))
      .map(([text, length]) => "x".repeat(length) + text),
  );
}

/** Masking keys (RFC 6455 §5.3), zero among them: a zero key leaves a payload as it is. */
export function maskingKeys(): fc.Arbitrary<Uint8Array> {
  return fc.oneof(fc.constant(new Uint8Array(4)), fc.uint8Array({ minLength: 4, maxLength: 4 }));
}

/** 0 to 125 bytes. */
export function controlPayloads(): fc.Arbitrary<Uint8Array> {
  return binaryPayloads().map((bytes) => bytes.slice(0, 125));
}
