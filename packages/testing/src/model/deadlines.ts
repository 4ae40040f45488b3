/** The deadlines of a connection, as the docstrings of core's `Timeouts` tell them. */
import { ModelHalves, NEVER } from "./halves.ts";

/** The state of a model, with its times, without its input. */
export abstract class ModelDeadlines extends ModelHalves {
  /** Whether bytes wait that the host has not pulled. */
  protected abstract hasUnpulled(): boolean;
  /** The opening handshake has run out of time. */
  protected abstract expireOpening(): void;

  get deadline(): number {
    if (this.end !== null) return NEVER;
    if (this.closeAt !== NEVER) return this.closeAt;
    if (this.handshakeAt !== null) return this.handshakeAt;
    if (this.writing !== "open") return NEVER;
    return Math.min(this.lifetimeAt, this.idleAt(), this.pingAt(), this.timelyPongAt());
  }

  private idleAt(): number {
    const { idle } = this.terms.timeouts;
    return idle === 0 ? NEVER : Math.max(this.lastReceived, this.progressAt) + idle;
  }

  private pingAt(): number {
    const { ping, pong } = this.terms.timeouts;
    const isOut = this.pingState === "taken" && pong !== 0;
    if (ping === 0 || this.pingState === "queued" || this.pingState === "lent" || isOut) {
      return NEVER;
    }
    return Math.max(this.lastReceived, this.pingedAt) + ping;
  }

  private timelyPongAt(): number {
    return this.pausedAt === null && this.pingState === "taken" ? this.pongAt : NEVER;
  }

  handleTimeout(now: number): void {
    this.advance(now);
    if (this.end !== null) return;
    if (this.closeAt !== NEVER) {
      if (this.now < this.closeAt) return;
      if (this.writing === "due") {
        this.queueDueClose();
      } else if (this.isPatient()) {
        this.endWriting();
        this.closeAt = this.after(this.terms.timeouts.close);
      } else {
        this.noteTimeout("close");
        this.closeAt = NEVER;
        if (this.hasUnpulled()) this.inputEnd = "transport";
        else this.finish();
      }
      return;
    }
    if (this.handshakeAt !== null) {
      if (this.now < this.handshakeAt) return;
      this.handshakeAt = null;
      this.expireOpening();
      return;
    }
    if (this.writing !== "open") return;
    if (this.now >= this.lifetimeAt) this.closeFor("lifetime", "lifetime ended");
    else if (this.now >= this.idleAt()) this.closeFor("idle", "idle for too long");
    else if (this.now >= this.timelyPongAt()) this.closeFor("pong", "no answer to a ping");
    else if (this.now >= this.pingAt()) this.sendPing(null, true);
  }

  private closeFor(timeout: string, reason: string): void {
    this.noteTimeout(timeout);
    this.closeNow(1001, reason);
  }

  protected noteTimeout(timeout: string): void {
    this.timeout ??= timeout;
  }
}
