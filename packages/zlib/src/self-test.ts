/**
 * Known answers, asked of a codec once per process: whether this version of the runtime still has the private members that
 * `zlib-context` uses, and they still do what they did.
 */
import type { DeflateCodec, Inflater } from "@sansocket/core/permessage-deflate";

const TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff);
/** RFC 7692 §7.2.3.1, and §7.2.3.2: "Hello", and "Hello" again by reference to the first. */
const HELLO = Uint8Array.of(0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00);
const HELLO_AGAIN = Uint8Array.of(0xf2, 0x00, 0x11, 0x00, 0x00);
/** RFC 7692 §7.2.3.4: "Hello" in a block with BFINAL. */
const HELLO_FINAL = Uint8Array.of(0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00);

/** @returns whether the codec gives the known answers. Never throws. */
export function passesSelfTest(codec: DeflateCodec): boolean {
  try {
    return inflatesKnownBytes(codec) && keepsItsPlace(codec) && stopsInTime(codec);
  } catch {
    return false;
  }
}

function inflatesKnownBytes(codec: DeflateCodec): boolean {
  const inflater = codec.createInflater({ windowBits: 15 });
  const isRight = [HELLO, HELLO_AGAIN, HELLO_FINAL, HELLO].every(
    (message) => inflated(inflater, message) === "Hello",
  );
  inflater.dispose();
  inflater.dispose();
  return isRight;
}

function inflated(inflater: Inflater, message: Uint8Array): string {
  const bytes: number[] = [];
  const sink = (piece: Uint8Array): void => {
    bytes.push(...piece);
  };
  const isOk =
    inflater.inflate(message, false, 1_000, sink) === "ok" &&
    inflater.inflate(TAIL, true, 1_000, sink) === "ok";
  return isOk ? String.fromCharCode(...bytes) : "";
}

/** Two connections in turn, with more output than one buffer holds: every message comes back as it was. */
function keepsItsPlace(codec: DeflateCodec): boolean {
  const options = { windowBits: 15, level: 3, memLevel: 8 };
  const pairs = [0, 1].map(() => ({
    deflater: codec.createDeflater(options),
    inflater: codec.createInflater({ windowBits: 15 }),
  }));
  const isRight = [40, 200_000, 3_000].every((length) =>
    pairs.every(({ deflater, inflater }, index) => {
      const message = Uint8Array.from({ length }, (_, at) => (at * (index + 7)) >> 5);
      const compressed = new Uint8Array(deflater.deflate(message));
      if (!TAIL.every((byte, at) => compressed[compressed.length - 4 + at] === byte)) return false;
      let at = 0;
      const verdict = inflater.inflate(compressed, false, length, (piece) => {
        for (const byte of piece) {
          if (message[at] !== byte) throw new Error("another byte");
          at += 1;
        }
      });
      return verdict === "ok" && at === length;
    }),
  );
  for (const { deflater, inflater } of pairs) {
    deflater.dispose();
    inflater.dispose();
  }
  return isRight;
}

function stopsInTime(codec: DeflateCodec): boolean {
  const deflater = codec.createDeflater({ windowBits: 15, level: 3, memLevel: 8 });
  const zeros = new Uint8Array(deflater.deflate(new Uint8Array(100_000)));
  deflater.dispose();
  const inflater = codec.createInflater({ windowBits: 15 });
  let length = 0;
  const verdict = inflater.inflate(zeros, false, 1_000, (piece) => {
    length += piece.length;
  });
  inflater.dispose();
  const spoiled = codec.createInflater({ windowBits: 15 });
  const refusal = spoiled.inflate(Uint8Array.of(0xff, 0xff, 0xff), false, 1_000, () => {});
  spoiled.dispose();
  return verdict === "limit" && length === 1_000 && refusal === "corrupt";
}
