/** Plays a history of two engines on a simulated network to its end, in virtual time. */
import type { EngineEvent, EngineUnderTest, Transmitted } from "../engine/engine.ts";
import type { EngineAct } from "./engine-history.ts";
import { contentOf } from "./engine-history.ts";
import type { ConnectionEnd } from "./simulated-connection.ts";

/** A message that an engine has agreed to send. */
export interface SentMessage {
  readonly kind: "text" | "binary";
  readonly bytes: Uint8Array;
}

/** One engine, its end of the connection, and its application. */
export class EngineSide {
  readonly role: "client" | "server";
  /** Everything that the engine has told. */
  readonly told: EngineEvent[] = [];
  /** The messages that the engine has agreed to send. */
  readonly sent: SentMessage[] = [];
  /** The engine has let go of its transport, or was told that the transport is gone. */
  hasLetGo = false;
  private readonly engine: EngineUnderTest;
  private readonly end: ConnectionEnd;
  private readonly acts: EngineAct[];
  private isOpen: boolean;
  private hasEnded = false;
  /** When the next act is due. */
  private actAt = 0;
  /** The bytes that the network has not taken yet. */
  private held: Transmitted | null = null;

  constructor(
    role: "client" | "server",
    engine: EngineUnderTest,
    end: ConnectionEnd,
    acts: readonly EngineAct[],
    isOpen: boolean,
  ) {
    this.role = role;
    this.engine = engine;
    this.end = end;
    this.acts = [...acts];
    this.isOpen = isOpen;
    this.actAt = acts[0]?.wait ?? Number.POSITIVE_INFINITY;
  }

  /** When this side has something to do, in ms. Infinity for never. */
  get nextAt(): number {
    const actAt = this.isOpen ? this.actAt : Number.POSITIVE_INFINITY;
    return Math.min(this.end.nextAt, this.engine.deadline, actAt);
  }

  get deadline(): number {
    return this.engine.deadline;
  }

  /** Does everything that is due. */
  run(now: number): void {
    this.turn(now);
    for (let arrival = this.end.read(now); arrival !== null; arrival = this.end.read(now)) {
      if (arrival.kind === "bytes") {
        this.engine.receive(arrival.bytes, now);
      } else if (arrival.kind === "end") {
        this.engine.endOfStream(now);
      } else if (arrival.kind === "closed") {
        this.hasLetGo = true;
        this.held = null;
        this.engine.transportClosed?.(now);
      }
      this.turn(now);
      if (arrival.kind === "bytes") arrival.bytes.fill(0xa5); // the bytes were lent for the turn
    }
    if (this.engine.deadline <= now) {
      this.engine.handleTimeout(now);
      this.turn(now);
    }
    while (this.isOpen && this.actAt <= now) {
      this.perform(this.acts.shift()!, now);
      this.actAt = now + (this.acts[0]?.wait ?? Number.POSITIVE_INFINITY);
      this.turn(now);
    }
  }

  private turn(now: number): void {
    for (;;) {
      for (const event of this.engine.pull(now)) {
        if (event.kind === "open") this.opened(now);
        this.hasEnded ||= event.kind === "ended";
        this.told.push(event);
      }
      if (this.held === null) {
        this.held = this.nextTransmission(now);
        if (this.held === null) return;
      }
      if (!this.give(now)) {
        if (this.hasEnded) this.giveUp(now);
        return;
      }
    }
  }

  private nextTransmission(now: number): Transmitted | null {
    return this.engine.lend === undefined ? this.engine.transmit(now) : this.engine.lend(now);
  }

  private opened(now: number): void {
    this.isOpen = true;
    this.actAt += now;
  }

  /** @returns whether the network has taken all of it. */
  private give(now: number): boolean {
    const { bytes, ending } = this.held!;
    const taken = this.end.write(bytes, now);
    if (taken < bytes.length) {
      this.held = { bytes: bytes.subarray(taken), ending };
      return false;
    }
    this.held = null;
    this.engine.taken?.(now);
    if (ending === "end-write") this.end.endWrite(now);
    if (ending === "destroy") {
      this.hasLetGo = true;
      this.end.destroy(now);
    }
    return true;
  }

  /** The network takes nothing more, and the engine has ended without it: what was not taken is lost. */
  private giveUp(now: number): void {
    while (this.held !== null && this.held.ending !== "destroy") {
      this.held = this.nextTransmission(now);
    }
    if (this.held === null) return;
    this.held = null;
    this.hasLetGo = true;
    this.end.destroy(now);
  }

  private perform(act: EngineAct, now: number): void {
    const { engine } = this;
    const number = this.sent.length;
    if (act.act === "abort") engine.abort?.(now);
    else if (act.act === "close") engine.close(1000, "done", now);
    else if (act.act === "ping") engine.ping(contentOf(number, act.size, false), now);
    else if (act.act === "fragments") {
      const bytes = contentOf(number, sumOf(act.sizes), false);
      const ends = act.sizes.map((_, part) => sumOf(act.sizes.slice(0, part + 1)));
      const fragments = ends.map((to, part) => bytes.slice(ends[part - 1] ?? 0, to));
      if (engine.sendFragments("binary", fragments)) this.sent.push({ kind: "binary", bytes });
    } else {
      const bytes = contentOf(number, act.size, act.act === "text");
      const isTaken =
        act.act === "text" ? engine.sendText(textOf(bytes)) : engine.sendBinary(bytes);
      if (isTaken) this.sent.push({ kind: act.act, bytes });
    }
  }
}

function sumOf(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}

function textOf(ascii: Uint8Array): string {
  let text = "";
  for (let from = 0; from < ascii.length; from += 10_000) {
    text += String.fromCharCode(...ascii.subarray(from, from + 10_000));
  }
  return text;
}

/** More than any history needs: a history in which pieces have one byte has some 300,000 steps. */
const MOST_STEPS = 2_000_000;

/**
 * Plays until nothing is left to do.
 * @returns the time at the end, in ms. null when there was no end.
 */
export function playToTheEnd(sides: readonly [EngineSide, EngineSide]): number | null {
  let now = 0;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    for (const side of sides) side.run(now);
    const next = Math.min(...sides.map(({ nextAt }) => nextAt));
    if (next === Number.POSITIVE_INFINITY) return now;
    now = Math.max(now, next);
  }
  return null;
}
