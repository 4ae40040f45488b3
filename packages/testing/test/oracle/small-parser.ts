/**
 * A small parser for servers, written from RFC 6455 for these tests, and right. Each fault of {@link FAULTS} can be planted in
 * it: the faults that naive parsers have.
 */
import { type EngineEvent, joinBytes, type Parser } from "../../src/index.ts";

export const FAULTS = [
  "RSV is ignored",
  "reserved opcodes are taken for binary",
  "a control frame may be fragmented",
  "a control frame may be long",
  "a mask is not asked for",
  "a frame without a mask is taken as if it had none to have",
  "the mask is not taken off",
  "the mask begins anew with each chunk",
  "a stray Continuation begins a message",
  "a message may begin within another",
  "16 bits may hold a small length",
  "64 bits may hold a small length",
  "lengths have 32 bits",
  "lengths have a sign",
  "a length of 126 is read as such",
  "a length of 65536 is too large for it",
  "text is not validated",
  "text is validated by fragment",
  "surrogates are taken for UTF-8",
  "a Close with one byte is taken",
  "every close code is taken",
  "the reason of a Close is not validated",
  "frames behind a Close are read",
  "a Ping ends the message",
  "a Ping joins the message",
  "empty messages are dropped",
  "empty fragments are taken for the end",
  "a Close without a code is refused",
  "a chunk holds whole frames",
  "a header lies in one chunk",
  "a chunk holds one frame",
  "the chunk is kept",
  "messages before a fault are lost",
  "the limit counts by frame",
  "a bad frame fails with 1000",
] as const;
export type PlantedFault = (typeof FAULTS)[number];

class Failure extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`failure ${code}`);
    this.code = code;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

class SmallParser {
  readonly #fault: PlantedFault | null;
  readonly #limit: number;
  readonly #events: EngineEvent[] = [];
  #unread: Uint8Array = new Uint8Array(0);
  #type: "text" | "binary" | null = null;
  #parts: Uint8Array[] = [];
  #isDone = false;

  constructor(fault: PlantedFault | null, limit: number) {
    this.#fault = fault;
    this.#limit = limit;
  }

  #has(fault: PlantedFault): boolean {
    return this.#fault === fault;
  }

  pull(): EngineEvent[] {
    return this.#events.splice(0);
  }

  receive(chunk: Uint8Array): void {
    if (this.#isDone) return;
    const before = this.#events.length;
    if (this.#has("the chunk is kept") && this.#unread.length === 0) this.#unread = chunk;
    else this.#unread = joinBytes([this.#unread, chunk]);
    try {
      while (!this.#isDone && this.#frame(chunk.length)) {
        if (this.#has("a chunk holds one frame")) this.#unread = new Uint8Array(0);
      }
      if (this.#has("a chunk holds whole frames")) this.#unread = new Uint8Array(0);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#isDone = true;
      if (this.#has("messages before a fault are lost")) this.#events.length = before;
      const code = this.#has("a bad frame fails with 1000") ? 1000 : error.code;
      this.#events.push({ kind: "violation", code });
    }
  }

  /** @returns false if the frame is not whole. */
  #frame(chunkLength: number): boolean {
    const bytes = this.#unread;
    if (bytes.length < 2) return this.#short();
    const fin = bytes[0]! >= 128;
    let opcode = bytes[0]! % 16;
    const isMasked = bytes[1]! >= 128;
    const field = bytes[1]! % 128;
    if (bytes[0]! % 128 >= 16 && !this.#has("RSV is ignored")) throw new Failure(1002);
    const isReserved = (opcode > 2 && opcode < 8) || opcode > 10;
    if (isReserved && this.#has("reserved opcodes are taken for binary")) opcode = 2;
    else if (isReserved) throw new Failure(1002);
    const isControl = opcode >= 8;
    if (isControl && !fin && !this.#has("a control frame may be fragmented")) {
      throw new Failure(1002);
    }
    if (isControl && field > 125 && !this.#has("a control frame may be long")) {
      throw new Failure(1002);
    }
    const takesUnmasked =
      this.#has("a mask is not asked for") ||
      this.#has("a frame without a mask is taken as if it had none to have");
    if (!isMasked && !takesUnmasked) throw new Failure(1002);
    let at = 2;
    let length = field;
    if (field === 126 && !this.#has("a length of 126 is read as such")) {
      if (bytes.length < 4) return this.#short();
      length = bytes[2]! * 256 + bytes[3]!;
      at = 4;
      if (length < 126 && !this.#has("16 bits may hold a small length")) throw new Failure(1002);
    } else if (field === 127) {
      if (this.#has("a length of 65536 is too large for it")) throw new Failure(1009);
      if (bytes.length < 10) return this.#short();
      const from = this.#has("lengths have 32 bits") ? 6 : 2;
      length = bytes.slice(from, 10).reduce((sum, byte) => sum * 256 + byte, 0);
      if (this.#has("lengths have a sign") && length < 2 ** 32) length = Math.max(0, length | 0);
      at = 10;
      if (length >= 2 ** 63) throw new Failure(1002);
      if (length < 65_536 && !this.#has("64 bits may hold a small length")) throw new Failure(1002);
    }
    const taken = this.#parts.reduce((sum, part) => sum + part.length, 0);
    const counted = this.#has("the limit counts by frame") ? 0 : taken;
    if (!isControl && this.#type === null && opcode === 0) {
      if (!this.#has("a stray Continuation begins a message")) throw new Failure(1002);
      opcode = 2;
    } else if (!isControl && this.#type !== null && opcode !== 0) {
      if (!this.#has("a message may begin within another")) throw new Failure(1002);
    }
    if (!isControl && counted + length > this.#limit) throw new Failure(1009);
    const keyStart = at;
    if (isMasked) at += 4;
    if (bytes.length < at + length) return this.#short();
    const payload = bytes.slice(at, at + length);
    if (isMasked && !this.#has("the mask is not taken off")) {
      const late = this.#has("the mask begins anew with each chunk")
        ? Math.max(0, bytes.length - chunkLength - at)
        : 0;
      payload.forEach((byte, index) => {
        const turn = index >= late ? index - late : index;
        payload[index] = byte ^ bytes[keyStart + (turn % 4)]!;
      });
    }
    this.#unread = bytes.slice(at + length);
    if (isControl) this.#control(opcode, payload);
    else this.#data(opcode, fin, payload);
    return true;
  }

  #short(): false {
    if (this.#has("a header lies in one chunk") && this.#unread.length < 14) {
      this.#unread = new Uint8Array(0);
    }
    return false;
  }

  #control(opcode: number, payload: Uint8Array): void {
    if (opcode === 8) {
      this.#close(payload);
      return;
    }
    if (opcode === 9 && this.#has("a Ping ends the message")) {
      this.#type = null;
      this.#parts = [];
    }
    if (opcode === 9 && this.#has("a Ping joins the message")) this.#parts.push(payload);
    this.#events.push({ kind: opcode === 9 ? "ping" : "pong", bytes: payload });
  }

  #close(body: Uint8Array): void {
    this.#isDone = !this.#has("frames behind a Close are read");
    if (body.length === 0) {
      if (this.#has("a Close without a code is refused")) throw new Failure(1002);
      this.#events.push({ kind: "closing", code: 1005, reason: "" });
      return;
    }
    if (body.length === 1) {
      if (!this.#has("a Close with one byte is taken")) throw new Failure(1002);
      this.#events.push({ kind: "closing", code: 1005, reason: "" });
      return;
    }
    const code = body[0]! * 256 + body[1]!;
    const isRight =
      (code >= 1000 && code <= 1003) ||
      (code >= 1007 && code <= 1014) ||
      (code >= 3000 && code <= 4999);
    if (!isRight && !this.#has("every close code is taken")) throw new Failure(1002);
    const isLoose = this.#has("the reason of a Close is not validated");
    const reason = isLoose ? new TextDecoder().decode(body.slice(2)) : this.#text(body.slice(2));
    this.#events.push({ kind: "closing", code, reason });
  }

  #text(bytes: Uint8Array): string {
    try {
      return utf8.decode(bytes);
    } catch {
      throw new Failure(1007);
    }
  }

  #data(opcode: number, fin: boolean, payload: Uint8Array): void {
    if (opcode !== 0) {
      this.#type = opcode === 1 ? "text" : "binary";
      this.#parts = [];
    }
    this.#parts.push(payload);
    if (this.#has("text is validated by fragment") && this.#type === "text") this.#text(payload);
    const isEnd =
      fin || (this.#has("empty fragments are taken for the end") && payload.length === 0);
    if (!isEnd) return;
    const kind = this.#type!;
    const bytes = joinBytes(this.#parts);
    this.#type = null;
    this.#parts = [];
    if (kind === "text" && !this.#has("text is not validated")) {
      if (this.#has("surrogates are taken for UTF-8")) this.#text(withoutSurrogates(bytes));
      else this.#text(bytes);
    }
    if (bytes.length === 0 && this.#has("empty messages are dropped")) return;
    this.#events.push({ kind, bytes, final: true });
  }
}

/** As CESU-8 and WTF-8 have them. */
function withoutSurrogates(bytes: Uint8Array): Uint8Array {
  const kept: number[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    if (bytes[at] === 0xed && bytes[at + 1]! >= 0xa0 && bytes[at + 2]! >= 0x80) at += 2;
    else kept.push(bytes[at]!);
  }
  return Uint8Array.from(kept);
}

/** A right parser that leaves out what RFC 6455 does not ask for: a limit for messages, and an event for each Pong. */
export const frugalParser: Parser = {
  name: "the frugal parser",
  create() {
    const parser = new SmallParser(null, Number.POSITIVE_INFINITY);
    return {
      receive: (chunk) => parser.receive(chunk),
      pull: () => parser.pull().filter(({ kind }) => kind !== "pong"),
    };
  },
};

/** The parser as the laws take it, with a fault or none. */
export function smallParser(fault: PlantedFault | null = null): Parser {
  return {
    name: fault === null ? "the small parser" : `the parser where ${fault}`,
    create({ messageLimit = 1_000_000 }) {
      const parser = new SmallParser(fault, messageLimit);
      return { receive: (chunk) => parser.receive(chunk), pull: () => parser.pull() };
    },
  };
}
