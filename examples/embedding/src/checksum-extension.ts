/** An extension of one's own: each message carries a checksum (Adler-32, RFC 1950 §2.2) behind its payload. */
import type { Extension, ExtensionSession } from "@sansocket/core";

const NAME = "x-adler32";
const RSV2 = 0x20; // RSV1 is permessage-deflate's (RFC 7692 §6)
const CHECKSUM_BYTES = 4;
const MODULUS = 65_521;

class Adler32 {
  #low = 1;
  #high = 0;

  add(bytes: Uint8Array): void {
    for (const byte of bytes) {
      this.#low = (this.#low + byte) % MODULUS;
      this.#high = (this.#high + this.#low) % MODULUS;
    }
  }

  bytes(): number[] {
    return [this.#high >> 8, this.#high & 0xff, this.#low >> 8, this.#low & 0xff];
  }
}

function createSession(): ExtensionSession {
  let sent = new Adler32();
  let received = new Adler32();
  let held = new Uint8Array(0); // the last bytes so far: they may be the checksum
  return {
    rsv: RSV2,
    terms: createSession, // no message depends on the one before it

    encodeStart() {
      sent = new Adler32();
      return true; // this message too
    },

    encode(payload, final) {
      sent.add(payload);
      return final ? Uint8Array.of(...payload, ...sent.bytes()) : payload.slice();
    },

    decodeStart() {
      received = new Adler32();
      held = new Uint8Array(0);
    },

    decode(payload, final, budget, sink) {
      const known = Uint8Array.of(...held, ...payload);
      const end = Math.max(0, known.length - CHECKSUM_BYTES);
      const data = known.subarray(0, Math.min(end, budget));
      received.add(data);
      held = known.slice(end);
      if (data.length > 0) sink(data);
      if (end > budget) return "limit";
      if (!final) return "ok";
      return String(held) === String(received.bytes()) ? "ok" : "corrupt";
    },

    dispose() {}, // no memory outside of the engine
  };
}

export function checksum(): Extension {
  const element = { name: NAME, parameters: [] };
  return {
    name: NAME,
    offer: () => [element],
    accept(offers) {
      // An offer with parameters is of some other version, and declined.
      const isOurs = offers.some(({ parameters }) => parameters.length === 0);
      return isOurs ? { response: element, session: createSession() } : null;
    },
    confirm: ({ parameters }) => (parameters.length === 0 ? { session: createSession() } : null),
  };
}
