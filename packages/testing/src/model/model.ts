/**
 * The reference model: what an endpoint of either role does with any input, from RFC 6455 (and RFC 7692 where it was agreed)
 * and from the documentation of core, and from no line of its code. The model is slow and plain: it keeps all unread bytes in
 * one array, reads every header, head and body from its beginning again whenever more has arrived, and masks, validates and
 * counts one byte at a time. A fuzzer drives core and the model by the same calls and compares everything that both tell.
 *
 * The model does not follow the bytes that a transport took and a peer may not have read (`Endpoint.readBy`): keep the output
 * below 128 KiB.
 */
import { acceptOf } from "./accept-key.ts";
import { type FrameHeader, readHeader, unmasked } from "./frame.ts";
import { ModelHalves } from "./halves.ts";
import { type ReadHead, readHead } from "./http-head.ts";
import { judgeRequest, judgeResponse, type ModelRequest } from "./opening.ts";
import { readBody } from "./response-body.ts";
import { type BrokenRule, openingBreach, wireBreach } from "./rules.ts";
import {
  isCodeOnWire,
  joined,
  latin1,
  type ModelAnswer,
  type ModelStep,
  type ModelTerms,
} from "./terms.ts";
import { bytesOf, judgeUtf8, textOf } from "./utf8.ts";

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

/** The outgoing message under way. */
interface Outgoing {
  readonly opcode: number;
  readonly isCompressed: boolean;
  isFirst: boolean;
  /** The bytes of a character that the last fragment left open. */
  open: Uint8Array;
  /** The first half of a surrogate pair. */
  half: string;
}

/** A client's answer from the server, while and after it is read. */
export interface ModelResponse {
  readonly head: ReadHead;
  readonly body: Uint8Array;
  readonly isBodyTruncated: boolean;
}

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  403: "Forbidden",
  405: "Method Not Allowed",
  408: "Request Timeout",
  414: "URI Too Long",
  426: "Upgrade Required",
  431: "Request Header Fields Too Large",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
};

export class Model extends ModelHalves {
  private input: Uint8Array = new Uint8Array(0);
  /** Bytes before `input`, counted from the first byte behind the handshake, or from the first byte of all. */
  private offset = 0;
  /** The host has pulled to the end of what there is. */
  private isAtRest = true;
  private phase: "opening" | "open due" | "open" = "opening";

  private header: FrameHeader | null = null;
  /** Bytes of the payload of `header` that were read. */
  private payloadRead = 0;
  private control: Uint8Array = new Uint8Array(0);
  private message: Message | null = null;
  private outgoing: Outgoing | null = null;
  /** A broken rule behind the piece that the cursor stands on. */
  private deferred: BrokenRule | null = null;

  private headersBefore = 0;
  private method = "";
  private request: ModelRequest | null = null;
  private isAnswered = false;
  private protocol = "";
  response: ModelResponse | null = null;

  constructor(terms: ModelTerms, now: number) {
    super(terms, now);
    if (terms.from === "open") {
      this.open("");
      return;
    }
    const { handshake } = terms.timeouts;
    this.handshakeAt = handshake === 0 ? Number.POSITIVE_INFINITY : this.now + handshake;
    if (terms.role === "client") this.queueRequest();
  }

  private queueText(text: string): void {
    this.queueBytes(latin1(text));
  }

  get state(): "opening" | "open" | "closing" | "ended" {
    if (this.end !== null) return "ended";
    if (this.writing === "due") return "open";
    if (this.writing !== "open" || this.reading !== "frames") return "closing";
    return this.phase === "opening" ? "opening" : "open";
  }

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

  private consume(byteCount: number): Uint8Array {
    const bytes = this.input.slice(0, byteCount);
    this.input = this.input.slice(byteCount);
    this.offset += bytes.length;
    return bytes;
  }

  // ---- the cursor

  next(): ModelStep | null {
    const step = this.phase === "open" ? this.nextOfOpen() : this.nextOfOpening();
    if (step === null && this.request === null) this.isAtRest = true;
    return step;
  }

  private nextOfOpening(): ModelStep | null {
    const isServer = this.terms.role === "server";
    if (!this.isOpenDue) {
      const step = isServer ? this.readRequest() : this.readResponse();
      if (step !== null) return step;
    }
    if (!this.isOpenDue) return this.rest();
    this.phase = "open";
    return { kind: "open", protocol: this.protocol };
  }

  private get isOpenDue(): boolean {
    return this.phase === "open due";
  }

  private nextOfOpen(): ModelStep | null {
    this.request = null;
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
  private rest(): ModelStep | null {
    if (this.violation !== null && !this.isViolationReported) {
      this.isViolationReported = true;
      return { kind: "violation", violation: this.violation };
    }
    const isUndecided = this.request !== null && !this.isAnswered && this.reading === "frames";
    if (isUndecided) {
      // RFC 9112 §9.6: a client may end its stream behind a plain request and wait for the answer.
      if (this.inputEnd === "unknown") return null;
      if (this.inputEnd === "stream" && this.request!.kind === "plain") return null;
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

  // ---- the opening handshake (§4)

  private open(protocol: string): void {
    this.phase = "open due";
    this.protocol = protocol;
    this.handshakeAt = null;
    this.lastReceived = this.now;
    const { lifetime } = this.terms.timeouts;
    if (lifetime > 0) this.lifetimeAt = this.now + lifetime;
    this.offset = 0;
  }

  private queueRequest(): void {
    const { openingKey, offers } = this.terms;
    const protocols = offers.length > 0 ? `Sec-WebSocket-Protocol: ${offers.join(", ")}\r\n` : "";
    this.queueText(
      "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Key: ${openingKey}\r\nSec-WebSocket-Version: 13\r\n${protocols}\r\n`,
    );
  }

  /** @returns null while the head is not complete. */
  private readHead(kind: "request" | "response"): ReadHead | "more" | { fault: BrokenRule } {
    const before = { bytes: this.offset, headers: this.headersBefore };
    const reading = readHead(kind, this.input, this.terms.limits, before);
    if (reading === "incomplete") return "more";
    if ("rule" in reading) {
      const judge = this.terms.role;
      return { fault: openingBreach(reading.rule, judge, this.offset + reading.at) };
    }
    this.consume(reading.size);
    return reading;
  }

  private readRequest(): ModelStep | null {
    if (this.reading !== "frames" || this.request !== null) return null;
    const head = this.readHead("request");
    if (head === "more") return null;
    if ("fault" in head) return this.refuse(head.fault);
    this.method = head.method;
    const verdict = judgeRequest(head, this.terms.isOriginFree);
    if (typeof verdict === "string") return this.refuse(openingBreach(verdict, "server"));
    this.request = verdict;
    return { kind: "request" };
  }

  /** §4.2.1: an HTTP error answers. */
  private refuse(fault: BrokenRule): null {
    this.queueAnswer(fault.status, "");
    this.violation = fault;
    this.endAfterLastWord();
    return null;
  }

  /** RFC 9110 §15.5.6 and §15.5.22, RFC 6455 §4.4: the fields that a status demands. */
  private queueAnswer(status: number, body: string): void {
    this.isAnswered = true;
    const connection = status === 426 ? "Upgrade, close" : "close";
    const upgrade = status === 426 ? "Upgrade: websocket\r\n" : "";
    const version = status === 426 ? "Sec-WebSocket-Version: 13\r\n" : "";
    const allow = status === 405 ? "Allow: GET\r\n" : "";
    this.queueText(
      `HTTP/1.1 ${status} ${REASONS[status]}\r\n${upgrade}Connection: ${connection}\r\n${version}${allow}` +
        `Content-Length: ${body.length}\r\n\r\n${this.method === "HEAD" ? "" : body}`,
    );
  }

  get requestWaits(): ModelRequest | null {
    return this.request;
  }

  private get isOpenForAnswer(): boolean {
    return !this.isAnswered && this.writing === "open" && this.reading === "frames";
  }

  accept(protocol: string, now: number): boolean {
    if (!this.isOpenForAnswer) {
      this.advance(now);
      return false;
    }
    this.advance(now);
    const line = protocol === "" ? "" : `Sec-WebSocket-Protocol: ${protocol}\r\n`;
    this.queueText(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${acceptOf(this.request!.key)}\r\n${line}\r\n`,
    );
    this.isAnswered = true;
    this.open(protocol);
    return true;
  }

  /** `reject` or `respond`. */
  answer(status: number, body: string, now: number): boolean {
    if (!this.isOpenForAnswer) return false;
    this.queueAnswer(status, body);
    this.advance(now);
    this.endAfterLastWord();
    return true;
  }

  private readResponse(): null {
    if (this.reading !== "frames") return null;
    while (this.response === null) {
      const head = this.readHead("response");
      if (head === "more") return null;
      if ("fault" in head) return this.failOpening(head.fault);
      this.headersBefore += head.headers.length;
      // RFC 9110 §15.2: interim responses come before the final one.
      if (head.status < 200 && head.status !== 101) continue;
      this.response = { head, body: new Uint8Array(0), isBodyTruncated: false };
      const verdict = judgeResponse(head, this.terms.openingKey, this.terms.offers);
      if ("protocol" in verdict) {
        this.open(verdict.protocol);
        return null;
      }
      if (head.status === 101) return this.failOpening(openingBreach(verdict.rule, "client"));
      const { refusalBody } = this.terms.timeouts;
      if (refusalBody > 0) this.handshakeAt = Math.min(this.handshakeAt!, this.now + refusalBody);
    }
    return this.readRefusal(this.inputEnd !== "unknown", false);
  }

  private readRefusal(isEnded: boolean, isLate: boolean): null {
    const { head } = this.response!;
    const body = readBody(head, this.input, this.terms.limits.refusalBody, isEnded || isLate);
    if (!body.isDone) return null;
    const isBodyTruncated = body.isTruncated || isLate;
    this.response = { head, body: body.bytes, isBodyTruncated };
    return this.failOpening(openingBreach("status-not-101", "client"));
  }

  /** A client sends no answer to a response. */
  private failOpening(fault: BrokenRule): null {
    this.violation = fault;
    this.endAfterLastWord();
    this.finish();
    return null;
  }

  protected expireOpening(): void {
    if (this.terms.role === "server") {
      this.noteTimeout("handshake");
      this.queueAnswer(this.request === null ? 408 : 503, "");
      this.endAfterLastWord();
    } else if (this.response === null) {
      this.noteTimeout("handshake");
      this.finish();
    } else {
      this.readRefusal(true, true);
    }
  }

  // ---- commands

  /** Before the handshake is done a command is a mistake of the caller. */
  private get isTooEarly(): boolean {
    return this.phase === "opening" && this.reading === "frames" && this.writing === "open";
  }

  /** @param data a string is sent as text, bytes as binary. */
  send(data: string | Uint8Array, compress: boolean): ModelAnswer {
    if (this.isTooEarly) return "misuse";
    if (this.outgoing !== null && this.isSendable) return "misuse";
    if (!this.isSendable) return "closed";
    const payload = typeof data === "string" ? bytesOf(data) : data;
    if (!this.fits(payload.length)) return "full";
    const { compression } = this.terms;
    const opcode = typeof data === "string" ? 1 : 2;
    if (compression !== null && compress) {
      const deflated = compression.deflate(payload, true);
      this.queueFrame(true, compression.rsv, opcode, deflated);
    } else {
      this.queueFrame(true, 0, opcode, payload);
    }
    return "queued";
  }

  startMessage(type: "text" | "binary"): ModelAnswer {
    if (this.isTooEarly) return "misuse";
    if (this.outgoing !== null && this.isSendable) return "misuse";
    if (!this.isSendable) return "closed";
    const isCompressed = this.terms.compression !== null;
    const opcode = type === "text" ? 1 : 2;
    this.outgoing = { opcode, isCompressed, isFirst: true, open: new Uint8Array(0), half: "" };
    return "queued";
  }

  sendFragment(data: string | Uint8Array, isFinal: boolean): ModelAnswer {
    if (this.isTooEarly) return "misuse";
    if (!this.isSendable) return "closed";
    const { outgoing } = this;
    if (outgoing === null) return "misuse";
    const { opcode } = outgoing;
    let payload: Uint8Array;
    if (typeof data === "string") {
      if (opcode !== 1) return "misuse";
      const text = outgoing.half + data;
      if (!this.fits(bytesOf(text).length)) return "full";
      if (outgoing.open.length > 0) return "misuse";
      const hasHalf = !isFinal && /[\ud800-\udbff]$/.test(text);
      outgoing.half = hasHalf ? text.slice(-1) : "";
      payload = bytesOf(hasHalf ? text.slice(0, -1) : text);
    } else {
      if (!this.fits(data.length)) return "full";
      if (opcode === 1) {
        if (outgoing.half !== "") return "misuse";
        const text = joined(outgoing.open, data);
        const { badAt, wholeTo } = judgeUtf8(text);
        if (badAt >= 0 || (isFinal && wholeTo < text.length)) return "misuse";
        outgoing.open = text.slice(wholeTo);
      }
      payload = data;
    }
    const { compression } = this.terms;
    const isCompressed = outgoing.isCompressed;
    const encoded = isCompressed ? compression!.deflate(payload, isFinal) : payload;
    const rsv = isCompressed && outgoing.isFirst ? compression!.rsv : 0;
    this.queueFrame(isFinal, rsv, outgoing.isFirst ? opcode : 0, encoded);
    outgoing.isFirst = false;
    if (isFinal) this.outgoing = null;
    return "queued";
  }

  ping(payload: Uint8Array | null, now: number): number | "misuse" {
    if (this.isTooEarly) return "misuse";
    const answer = this.withTime(now, () => this.sendPing(payload, false));
    return answer;
  }

  pong(payload: Uint8Array): ModelAnswer {
    if (this.isTooEarly) return "misuse";
    if (!this.isSendable) return "closed";
    this.queueFrame(true, 0, 10, payload);
    return "queued";
  }

  close(code: number, reason: string, now: number): ModelAnswer {
    if (this.isTooEarly) return "misuse";
    return this.withTime(now, () => this.closeNow(code, reason));
  }

  /** The commands with a time use it for their own deadline. */
  private withTime<T>(now: number, command: () => T): T {
    this.advance(now);
    return command();
  }
}
