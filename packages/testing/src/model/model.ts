/**
 * The reference model: what an endpoint of either role does with any input, from RFC 6455 (and RFC 7692 where it was agreed)
 * and from the documentation of core, and from no line of its code. The model is slow and plain: it keeps all unread bytes in
 * one array, reads every header, head and body from its beginning again whenever more has arrived, and masks, validates and
 * counts one byte at a time. A fuzzer drives core and the model by the same calls and compares everything that both tell.
 *
 * The model does not follow the bytes that a transport took and a peer may not have read (`Endpoint.readBy`): keep the output
 * below 128 KiB.
 */
import { acceptKey } from "../wire/accept-key.ts";
import { type ReadHead, readHead } from "./http-head.ts";
import { judgeRequest, judgeResponse, type ModelRequest } from "./opening.ts";
import { ModelReceiving } from "./receiving.ts";
import { readBody } from "./response-body.ts";
import { type BrokenRule, openingBreach } from "./rules.ts";
import { joined, latin1, type ModelAnswer, type ModelStep, type ModelTerms } from "./terms.ts";
import { bytesOf, judgeUtf8 } from "./utf8.ts";

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

export class Model extends ModelReceiving {
  private outgoing: Outgoing | null = null;

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

  // ---- the opening handshake (§4)

  protected nextOfOpening(): ModelStep | null {
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

  protected isUndecided(): boolean {
    return this.request !== null && !this.isAnswered && this.reading === "frames";
  }

  protected isRequestPlain(): boolean {
    return this.request?.kind === "plain";
  }

  protected forgetRequest(): void {
    this.request = null;
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
        `Sec-WebSocket-Accept: ${acceptKey(this.request!.key)}\r\n${line}\r\n`,
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
