/**
 * The two halves of a connection and the facts of its end (RFC 6455 §5.5.1 and §7). The picture of its ways is
 * in `docs/architecture.md`.
 */

import { writeFrame } from "./frame.ts";
import type { BrokenRule } from "./rules.ts";
import {
  joined,
  type ModelClose,
  type ModelEnded,
  type ModelTerms,
  type ModelTransmission,
} from "./terms.ts";
import { bytesOf } from "./utf8.ts";

/** A period that never ends. */
export const NEVER: number = Number.POSITIVE_INFINITY;
/** §5.5.3 lets an endpoint answer only the newest ping; the engine does so from this many pongs on that wait. */
const MOST_WAITING_PONGS = 64;
/** Pings that a pong is compared with. */
const MOST_AWAITED_PINGS = 64;
/** ms: how long a client waits for the server's end of TCP (§7.1.1). */
const PATIENCE = 1_000;

interface SentPing {
  readonly number: number;
  readonly payload: Uint8Array;
  readonly isAutomatic: boolean;
}

/** The state of a model, without its input. */
export abstract class ModelHalves {
  protected readonly terms: ModelTerms;
  protected now = 0;

  protected reading: "frames" | "discarding" | "finished" = "frames";
  protected writing: "open" | "due" | "close queued" | "ending" | "end lent" | "finished" = "open";
  /** How the input ends, behind the bytes that are unread. */
  protected inputEnd: "unknown" | "stream" | "transport" = "unknown";

  // Output.
  private queued: Uint8Array = new Uint8Array(0);
  private lent = 0;
  private lentTaken = 0;
  private isBusy = false;
  private isDestroyLent = false;

  // Facts.
  private localClose: ModelClose | null = null;
  private closeSent: "no" | "lent" | "taken" = "no";
  protected peerClose: ModelClose | null = null;
  private firstClose: "local" | "peer" | null = null;
  protected violation: BrokenRule | null = null;
  protected isViolationReported = false;
  private isCloseDelayed = false;
  protected timeout: string | null = null;
  protected isEndOfStream = false;
  private isAborted = false;
  private transportError: string | null = null;
  protected end: ModelEnded | null = null;
  protected isEndReported = false;

  // Times.
  protected handshakeAt: number | null = null;
  protected closeAt: number = NEVER;
  protected lifetimeAt: number = NEVER;
  protected lastReceived = 0;
  protected progressAt = 0;
  protected pausedAt: number | null = null;

  // Pings and pongs.
  private pings: SentPing[] = [];
  private lastPing = 0;
  protected pingedAt = 0;
  protected pingState: "none" | "queued" | "lent" | "taken" = "none";
  protected pongAt: number = NEVER;
  private waitingPongs = 0;
  private newestWaiting: Uint8Array | null = null;

  constructor(terms: ModelTerms, now: number) {
    this.terms = terms;
    this.now = Math.floor(now);
    this.lastReceived = this.now;
  }

  /** Forgets the message under way. */
  protected abstract forgetMessage(): void;

  /** Time never goes back, and its fractions do not count. */
  advance(now: number): void {
    this.now = Math.max(this.now, Math.floor(now));
  }

  protected after(period: number): number {
    return period === 0 ? NEVER : this.now + period;
  }

  // ---- output

  get unsent(): number {
    return this.queued.length + this.lent;
  }

  protected fits(byteCount: number): boolean {
    return this.unsent + byteCount <= this.terms.limits.unsent;
  }

  protected queueBytes(bytes: Uint8Array): void {
    this.queued = joined(this.queued, bytes);
  }

  protected queueFrame(fin: boolean, rsv: number, opcode: number, payload: Uint8Array): void {
    const key = this.terms.role === "client" ? this.terms.nextKey() : null;
    this.queueBytes(writeFrame(fin, rsv, opcode, payload, key));
  }

  transmit(now: number): ModelTransmission | null {
    this.advance(now);
    this.closeIfSeen();
    if (this.isDestroyLent) return null;
    if (this.end !== null) {
      this.isDestroyLent = true;
      return { bytes: new Uint8Array(0), ending: "destroy" };
    }
    if (this.lent > 0 || this.writing === "end lent") return null;
    const isEnd = this.writing === "ending";
    if (this.queued.length === 0 && !isEnd) return null;
    const bytes = this.queued;
    this.queued = new Uint8Array(0);
    this.lent = bytes.length;
    if (this.pingState === "queued") this.pingState = "lent";
    if (isEnd) this.writing = "end lent";
    if (this.localClose !== null && this.closeSent === "no") this.closeSent = "lent";
    return { bytes, ending: isEnd ? "end-write" : "continue" };
  }

  /** The transport did not take the transmission at once. */
  keep(): void {
    this.isBusy = true;
  }

  sentPart(byteCount: number, now: number): void {
    if (this.end !== null) return;
    this.advance(now);
    this.lentTaken += byteCount;
    if (this.isBusy) this.progressAt = this.now;
    this.renewClose();
  }

  sent(now: number): void {
    this.advance(now);
    const wasBusy = this.isBusy;
    this.isBusy = false;
    if (this.end !== null) return;
    // Output waits behind the transmission, so the peer of a full transport reads.
    if (wasBusy && this.queued.length > 0) this.progressAt = this.now;
    this.lent = 0;
    this.lentTaken = 0;
    if (this.closeSent === "lent") this.closeSent = "taken";
    if (this.writing === "end lent") {
      this.writing = "finished";
      this.conclude();
    }
    if (this.end === null) {
      if (this.pingState === "lent") {
        this.pingState = "taken";
        const { pong } = this.terms.timeouts;
        this.pongAt = pong === 0 ? NEVER : (this.pausedAt ?? this.now) + pong;
      }
      this.queueWaitingPong();
    }
    this.renewClose();
  }

  get bytesWithTransport(): number {
    return this.lent - this.lentTaken;
  }

  private renewClose(): void {
    if (this.isPatient()) this.startPatience();
    else if (this.closeAt !== NEVER && this.writing !== "due") {
      this.closeAt = this.after(this.terms.timeouts.close);
    }
  }

  // ---- pings and pongs (§5.5.2, §5.5.3)

  protected answerPing(payload: Uint8Array): void {
    if (!["open", "due", "close queued"].includes(this.writing)) return;
    if (this.isBusy) {
      if (this.waitingPongs >= MOST_WAITING_PONGS) {
        this.newestWaiting = payload;
        return;
      }
      this.waitingPongs += 1;
    }
    this.queueFrame(true, 0, 10, payload);
  }

  private queueWaitingPong(): void {
    this.waitingPongs = 0;
    const payload = this.newestWaiting;
    this.newestWaiting = null;
    if (payload === null || !["open", "due", "close queued"].includes(this.writing)) return;
    this.queueFrame(true, 0, 10, payload);
  }

  /** @returns the number of the newest ping with this payload; a pong answers the pings before it too. */
  protected takePong(payload: Uint8Array): number {
    const text = payload.join();
    const answered = this.pings.filter((ping) => ping.payload.join() === text).at(-1);
    if (answered === undefined) return 0;
    this.pings = this.pings.filter(({ number }) => number > answered.number);
    if (this.pings.length === 0) this.pingState = "none";
    return answered.number;
  }

  protected sendPing(payload: Uint8Array | null, isAutomatic: boolean): number {
    if (this.writing !== "open") return 0;
    this.lastPing += 1;
    const number = this.lastPing;
    const numbered = Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
    const own = payload ?? numbered;
    if (isAutomatic) this.pings = this.pings.filter((ping) => !ping.isAutomatic);
    this.pings.push({ number, payload: own.slice(), isAutomatic });
    this.pings = this.pings.slice(-MOST_AWAITED_PINGS);
    this.pingedAt = this.now;
    if (this.pingState === "none") this.pingState = "queued";
    this.queueFrame(true, 0, 9, own);
    return number;
  }

  protected heard(): void {
    this.lastReceived = this.now;
    if (this.pingState !== "taken") return;
    this.pingState = "none";
    this.pongAt = NEVER;
  }

  pause(now: number): void {
    this.advance(now);
    this.pausedAt ??= this.now;
  }

  resume(now: number): void {
    this.advance(now);
    if (this.pausedAt === null) return;
    this.pongAt += this.now - this.pausedAt;
    this.pausedAt = null;
  }

  // ---- the closing handshake (§5.5.1, §7.1)

  protected get isSendable(): boolean {
    return this.writing === "open" || this.writing === "due";
  }

  protected queueClose(code: number, reason: string): void {
    this.queueWaitingPong();
    const body = code === 1005 ? [] : [code >> 8, code % 256, ...bytesOf(reason)];
    this.queueFrame(true, 0, 8, Uint8Array.from(body));
    this.localClose = { code, reason };
    this.firstClose ??= "local";
    this.writing = "close queued";
  }

  protected closeNow(code: number, reason: string): "queued" | "closed" {
    if (this.writing === "due") this.queueDueClose();
    if (this.writing !== "open") return "closed";
    this.queueClose(code, reason);
    this.closeAt = this.after(this.terms.timeouts.close);
    return "queued";
  }

  protected takeClose(close: ModelClose): void {
    this.peerClose = close;
    this.firstClose ??= "peer";
    this.stopReading();
    if (this.writing === "open") {
      this.oweClose();
      return;
    }
    this.closeAt = this.after(this.terms.timeouts.close);
    this.endBehindClose();
  }

  /** §7.1.7. */
  protected fail(violation: BrokenRule): void {
    this.violation = violation;
    this.stopReading();
    if (this.writing === "open") {
      this.oweClose();
      return;
    }
    this.closeAt = this.after(this.terms.timeouts.close);
    this.endWriting();
  }

  /** Four fifths of the timeout are for the application's answers. */
  private oweClose(): void {
    this.writing = "due";
    this.closeAt = this.after(Math.ceil(this.terms.timeouts.close * 0.8));
  }

  /** The host has seen the Close or the violation: our Close follows unless the host delays it. */
  protected closeIfSeen(): void {
    if (this.writing !== "due" || this.isCloseDelayed) return;
    if (this.violation !== null && !this.isViolationReported) return;
    this.queueDueClose();
  }

  delayClose(): boolean {
    if (this.writing !== "due") return false;
    this.isCloseDelayed = true;
    return true;
  }

  releaseClose(now: number): void {
    this.advance(now);
    if (this.writing === "due") this.queueDueClose();
  }

  protected queueDueClose(): void {
    this.queueClose(this.violation?.closeCode ?? this.peerClose!.code, "");
    this.closeAt = this.after(this.terms.timeouts.close);
    this.endBehindClose();
  }

  /** §7.1.1: the server ends TCP. §7.1.7: after a violation neither side waits. */
  private endBehindClose(): void {
    const isOurs = this.terms.role === "server" || this.violation !== null;
    if (isOurs || this.reading === "finished") this.endWriting();
    else if (this.closeSent === "taken") this.startPatience();
  }

  private startPatience(): void {
    const { close } = this.terms.timeouts;
    this.closeAt = this.now + (close === 0 ? PATIENCE : Math.min(close, PATIENCE));
  }

  protected isPatient(): boolean {
    const haveBothCrossed = this.peerClose !== null && this.closeSent === "taken";
    return this.writing === "close queued" && haveBothCrossed;
  }

  protected endWriting(): void {
    if (["ending", "end lent", "finished"].includes(this.writing)) return;
    this.writing = "ending";
  }

  protected stopReading(): void {
    if (this.reading === "frames") this.reading = "discarding";
    this.handshakeAt = null;
    this.forgetMessage();
  }

  protected endAfterLastWord(): void {
    this.stopReading();
    this.endWriting();
    this.closeAt = this.after(this.terms.timeouts.close);
  }

  protected applyInputEnd(): void {
    if (this.inputEnd === "transport") {
      this.finish();
      return;
    }
    if (this.isEndOfStream) return;
    this.isEndOfStream = true;
    this.stopReading();
    this.reading = "finished";
    if (this.writing === "due") return;
    this.endWriting();
    this.closeAt = this.after(this.terms.timeouts.close);
    this.conclude();
  }

  endOfStream(now: number): void {
    this.advance(now);
    if (this.inputEnd === "unknown") this.inputEnd = "stream";
  }

  transportClosed(error: string | null, now: number): void {
    this.advance(now);
    if (this.inputEnd === "transport") return;
    this.inputEnd = "transport";
    this.transportError ??= error;
    this.isDestroyLent = true;
  }

  abort(now: number): void {
    this.advance(now);
    if (this.end !== null) return;
    this.isAborted = true;
    this.finish();
  }

  /** Both halves at once. */
  protected finish(): void {
    this.stopReading();
    this.reading = "finished";
    this.writing = "finished";
    this.queued = new Uint8Array(0);
    this.lent = 0;
    this.lentTaken = 0;
    this.conclude();
  }

  private conclude(): void {
    if (this.reading !== "finished" || this.writing !== "finished" || this.end !== null) return;
    this.closeAt = NEVER;
    this.end = {
      localClose: this.localClose,
      isCloseSent: this.closeSent === "taken",
      peerClose: this.peerClose,
      firstClose: this.firstClose,
      violation: this.violation,
      timeout: this.timeout,
      isEndOfStream: this.isEndOfStream,
      isAborted: this.isAborted,
      transportError: this.transportError,
    };
  }
}
