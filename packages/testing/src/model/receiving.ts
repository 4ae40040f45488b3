/** Input: the bytes that wait, the cursor, and frames in (RFC 6455 §5). */
import { ModelDeadlines } from "./deadlines.ts";
import { type FrameHeader, readHeader, unmasked } from "./frame.ts";
import { type BrokenRule, wireBreach } from "./rules.ts";
import { isCodeOnWire, joined, type ModelStep } from "./terms.ts";
import { judgeUtf8, textOf } from "./utf8.ts";

/** The incoming message under way. */
interface Message {
  readonly opcode: number;
  readonly isCompressed: boolean;
  readonly startsAt: number;
  frames: number;
  /** The payloads of a compressed message, joined. */
  payloads: Uint8Array;
  /** Application data. */
  data: Uint8Array;
  /** Where the last whole character of `data` ends. */
  wholeTo: number;
  /** How much of `data` was given out in pieces. */
  given: number;
}

/** A model that reads. */
export abstract class ModelReceiving extends ModelDeadlines {
  protected input: Uint8Array = new Uint8Array(0);
  /** Bytes before `input`, counted from the first byte behind the handshake, or from the first byte of all. */
  protected offset = 0;
  /** The host has pulled to the end of what there is. */
  private isAtRest = true;
  protected phase: "opening" | "open due" | "open" = "opening";

  private header: FrameHeader | null = null;
  /** Bytes of the payload of `header` that were read. */
  private payloadRead = 0;
  private control: Uint8Array = new Uint8Array(0);
  private message: Message | null = null;
  /** A broken rule behind the piece that the cursor stands on. */
  private deferred: BrokenRule | null = null;

  /** The steps of the opening handshake. */
  protected abstract nextOfOpening(): ModelStep | null;
  /** The application has not decided about a request. */
  protected abstract isUndecided(): boolean;
  /** A plain request may be answered when the peer has ended its stream (RFC 9112 §9.6). */
  protected abstract isRequestPlain(): boolean;
  /** The opening handshake is over, and the cursor has left it. */
  protected abstract forgetRequest(): void;

  // ---- inputs

  receive(bytes: Uint8Array, now: number): void {
    this.advance(now);
    if (bytes.length === 0) return;
    this.heard();
    if (this.reading !== "frames" || this.inputEnd !== "unknown") return;
    this.input = joined(this.input, bytes.slice());
    this.isAtRest = false;
  }

  protected hasUnpulled(): boolean {
    return !this.isAtRest && this.input.length > 0;
  }

  protected consume(byteCount: number): Uint8Array {
    const bytes = this.input.slice(0, byteCount);
    this.input = this.input.slice(byteCount);
    this.offset += bytes.length;
    return bytes;
  }

  // ---- the cursor

  next(): ModelStep | null {
    const step = this.phase === "open" ? this.nextOfOpen() : this.nextOfOpening();
    if (step === null && !this.isUndecided()) this.isAtRest = true;
    return step;
  }

  private nextOfOpen(): ModelStep | null {
    this.forgetRequest();
    this.closeIfSeen();
    const { deferred } = this;
    this.deferred = null;
    if (deferred !== null && this.reading === "frames") this.fail(deferred);
    while (this.reading === "frames") {
      const step = this.readFrame();
      if (step === "more") break;
      if (step !== null) return step;
    }
    return this.rest();
  }

  /** A violation, the end of the input, and the end of all. */
  protected rest(): ModelStep | null {
    if (this.violation !== null && !this.isViolationReported) {
      this.isViolationReported = true;
      return { kind: "violation", violation: this.violation };
    }
    if (this.isUndecided()) {
      if (this.inputEnd === "unknown") return null;
      if (this.inputEnd === "stream" && this.isRequestPlain()) return null;
    }
    if (this.reading !== "frames") this.input = new Uint8Array(0);
    if (this.inputEnd !== "unknown") this.applyInputEnd();
    if (this.end === null || this.isEndReported) return null;
    this.isEndReported = true;
    return { kind: "ended", ended: this.end };
  }

  // ---- frames in (§5)

  /** @returns "more" when more bytes are needed, null when the frame led to no step. */
  private readFrame(): ModelStep | "more" | null {
    if (this.header === null) {
      const { limits, compression, role } = this.terms;
      const reading = readHeader(this.input, {
        isPeerMasked: role === "server",
        claimedRsv: compression?.rsv ?? 0,
        fragments: this.message?.frames ?? 0,
        fragmentLimit: limits.fragments,
      });
      if (reading === "incomplete") return "more";
      if ("rule" in reading) return this.breach(reading.rule, this.offset + reading.byte);
      const { length, opcode, rsv, lengthAt } = reading.announced;
      if (opcode < 8) {
        if (length > limits.frame) return this.breach("frame-too-large", this.offset + lengthAt);
        const isCompressed = this.message?.isCompressed ?? rsv > 0;
        const before = this.message?.data.length ?? 0;
        if (!isCompressed && before + length > limits.message) {
          return this.breach("message-too-large", this.offset + lengthAt);
        }
      }
      if (reading.header === null) return "more";
      this.begin(reading.header);
    } else if (this.input.length === 0) {
      return "more";
    }
    const header = this.header!;
    const from = this.payloadRead;
    const part = unmasked(this.consume(header.length - from), header.key, from);
    this.payloadRead += part.length;
    const isFrameEnd = this.payloadRead === header.length;
    if (isFrameEnd) this.header = null;
    if (header.opcode >= 8) {
      this.control = joined(this.control, part);
      return isFrameEnd ? this.takeControl(header.opcode) : null;
    }
    return this.takeData(part, isFrameEnd && header.fin);
  }

  private begin(header: FrameHeader): void {
    const startsAt = this.offset;
    this.consume(header.size);
    this.header = header;
    this.payloadRead = 0;
    if (header.opcode >= 8) {
      this.control = new Uint8Array(0);
      return;
    }
    if (this.message !== null) {
      this.message.frames += 1;
      return;
    }
    const nothing = new Uint8Array(0);
    this.message = {
      opcode: header.opcode,
      isCompressed: header.rsv > 0,
      startsAt,
      frames: 1,
      payloads: nothing,
      data: nothing,
      wholeTo: 0,
      given: 0,
    };
  }

  protected forgetMessage(): void {
    this.header = null;
    this.message = null;
  }

  private breach(rule: string, offset: number): null {
    this.fail(wireBreach(rule, offset));
    return null;
  }

  private takeControl(opcode: number): ModelStep | null {
    const payload = this.control;
    if (opcode === 9) {
      this.answerPing(payload);
      return { kind: "ping", bytes: payload };
    }
    if (opcode === 10) {
      return { kind: "pong", bytes: payload, pongOf: this.takePong(payload) };
    }
    // §5.5.1.
    const bodyAt = this.offset - payload.length;
    if (payload.length === 1) return this.breach("close-body-one-byte", bodyAt);
    let close = { code: 1005, reason: "" };
    if (payload.length > 0) {
      const code = payload[0]! * 256 + payload[1]!;
      if (!isCodeOnWire(code)) return this.breach("close-code-invalid", bodyAt);
      const { badAt, wholeTo } = judgeUtf8(payload, 2);
      if (badAt >= 0) return this.breach("close-reason-not-utf8", bodyAt + badAt);
      if (wholeTo < payload.length) return this.breach("close-reason-not-utf8", this.offset);
      close = { code, reason: textOf(payload.slice(2)) };
    }
    this.takeClose(close);
    return { kind: "closing", close };
  }

  private takeData(part: Uint8Array, isLast: boolean): ModelStep | null {
    const message = this.message!;
    let broken: BrokenRule | null = null;
    if (message.isCompressed) {
      message.payloads = joined(message.payloads, part);
      const inflated = this.terms.compression!.inflate(message.payloads, isLast);
      const limit = this.terms.limits.message;
      message.data = inflated.bytes.slice(0, limit);
      if (inflated.bytes.length > limit) broken = wireBreach("message-too-large", limit);
      else if (inflated.isCorrupt) broken = wireBreach("extension-data-corrupt", message.startsAt);
    } else {
      message.data = joined(message.data, part);
    }
    if (message.opcode === 1) broken = this.judgeText(message, isLast && broken === null) ?? broken;
    const kind = message.opcode === 1 ? "text" : "binary";
    const isDone = isLast && broken === null;
    if (isDone) this.message = null;
    if (this.terms.pieces) {
      const piece = message.data.slice(message.given);
      message.given = message.data.length;
      if (piece.length > 0 || isDone) {
        this.deferred = broken;
        return { kind, bytes: piece, final: isDone };
      }
    } else if (isDone) {
      return { kind, bytes: message.data, final: true };
    }
    if (broken !== null) this.fail(broken);
    return null;
  }

  /** §8.1: judged at the byte. */
  private judgeText(message: Message, isLast: boolean): BrokenRule | null {
    const { data } = message;
    // The place of a byte of the data: in the stream, or in the inflated message.
    const placeOf = (index: number): number =>
      message.isCompressed ? index : this.offset - (data.length - index);
    const { badAt, wholeTo } = judgeUtf8(data, message.wholeTo);
    message.wholeTo = wholeTo;
    if (badAt >= 0) {
      const place = placeOf(badAt);
      message.data = data.slice(0, badAt);
      return wireBreach("text-not-utf8", place);
    }
    const isTruncated = isLast && wholeTo < data.length;
    return isTruncated ? wireBreach("text-truncated", placeOf(data.length)) : null;
  }
}
