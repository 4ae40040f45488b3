/**
 * The small world of the search: two endpoints of one engine, and a wire in each direction. A history is a list of moves. The
 * same history always leads to the same state, because an engine gets its time and its random numbers from outside.
 */
import type { Engine, EngineEvent, EngineUnderTest } from "../engine/engine.ts";
import { joinBytes } from "../wire/bytes.ts";
import { type ReadFrame, readFrames } from "../wire/frame-reader.ts";
import { encodeText } from "../wire/text.ts";

/** One of the two ends. */
export type SideName = "client" | "server";

/** A move that may come next. */
export type Move =
  /** The application of a side sends a message, a ping or a Close. */
  | { readonly act: "text" | "ping" | "close"; readonly side: SideName }
  /** A side receives the next item on its wire: a transmission, the end of the stream, or a reset. */
  | { readonly act: "receive"; readonly side: SideName }
  /** A side receives only the first byte of the next transmission. */
  | { readonly act: "receive a byte"; readonly side: SideName }
  /** The stream towards this side breaks off: what is on the wire is lost, and the end of the stream comes. */
  | { readonly act: "lose the peer"; readonly side: SideName }
  /** The transport of this side is reset: what is on the wire is lost. */
  | { readonly act: "reset"; readonly side: SideName }
  /** Time goes on to the earliest deadline of the two sides. */
  | { readonly act: "wait" };

/** How often each move may occur in one history. */
export interface WorldSize {
  /** Messages of both sides together. */
  readonly texts: number;
  /** Pings of both sides together. */
  readonly pings: number;
  /** Closes of each side. */
  readonly closes: number;
  /** Transmissions of which one byte arrives before the rest. */
  readonly cuts: number;
  /** Streams that break off, and resets, together. */
  readonly losses: number;
  /** Deadlines that pass. */
  readonly waits: number;
}

type Item = { readonly bytes: Uint8Array } | "end" | "reset";

/** One end: the engine, what it told, and what the wire brings to it. */
export class Side {
  readonly name: SideName;
  readonly one: EngineUnderTest;
  readonly told: EngineEvent[] = [];
  /** Texts, payloads of pings and Closes that the engine took, in order. */
  readonly said: { readonly texts: string[]; readonly pings: string[]; closes: number } = {
    texts: [],
    pings: [],
    closes: 0,
  };
  /** Everything that was transmitted. */
  readonly output: Uint8Array[] = [];
  /** The writing half has ended. */
  hasEnded = false;
  /** The transport is gone: nothing more arrives here. */
  isGone = false;
  /** Nothing that this side still transmits arrives. */
  isUnheard = false;
  /** The bytes on the wire towards this side. */
  readonly wire: Item[] = [];
  /** Everything that was put into the engine, in order. It decides the state of the engine. */
  inputs = "";

  constructor(name: SideName, one: EngineUnderTest) {
    this.name = name;
    this.one = one;
  }

  hasTold(kind: EngineEvent["kind"]): boolean {
    return this.told.some((event) => event.kind === kind);
  }

  get isOver(): boolean {
    return this.hasTold("ended");
  }

  private read: readonly ReadFrame[] = [];
  private readCount = 0;

  /** The frames that were transmitted, behind the opening handshake. */
  get frames(): readonly ReadFrame[] {
    const { output } = this;
    if (this.readCount < output.length) {
      this.readCount = output.length;
      this.read = readFrames(joinBytes(output.filter((bytes) => !isHttp(bytes))));
    }
    return this.read;
  }
}

/** "GET " or "HTTP": no frame of the small world begins so. */
function isHttp(bytes: Uint8Array): boolean {
  return bytes[0] === 0x47 || bytes[0] === 0x48;
}

export class SmallWorld {
  readonly client: Side;
  readonly server: Side;
  now = 0;
  /** Something of the connection was lost, so the two sides need not agree any more. */
  isLossy = false;
  /** A deadline has passed. */
  hasWaited = false;
  private readonly left: Record<Exclude<keyof WorldSize, "closes">, number>;
  private readonly closesLeft: Record<SideName, number>;

  constructor(engine: Engine, size: WorldSize, from: "opening" | "open") {
    const { closes, ...left } = size;
    this.left = { ...left };
    this.closesLeft = { client: closes, server: closes };
    this.client = new Side("client", engine.create({ from, role: "client", pieces: false }));
    this.server = new Side("server", engine.create({ from, role: "server", pieces: false }));
    for (const side of this.sides) this.turn(side);
  }

  get sides(): readonly [Side, Side] {
    return [this.client, this.server];
  }

  peerOf(side: Side): Side {
    return side === this.client ? this.server : this.client;
  }

  /**
   * Two histories with the same digest are in the same state. An engine is a function of its inputs, so the inputs of the two
   * sides, each in its own order, stand for the states of the two engines: the digest needs nothing private. Two moves that
   * touch different sides may thus come in either order.
   */
  get digest(): string {
    const { client, server } = this;
    return `${this.now};${client.inputs};${server.inputs};${wireDigest(client)};${wireDigest(server)}`;
  }

  /** The moves that may come next. */
  moves(): Move[] {
    const moves: Move[] = [];
    for (const { name: side, wire, isOver, isGone, hasTold } of this.sides.map(factsOf)) {
      if (hasTold("open") && !isOver) {
        if (this.left.texts > 0) moves.push({ act: "text", side });
        if (this.left.pings > 0) moves.push({ act: "ping", side });
        if (this.closesLeft[side] > 0) moves.push({ act: "close", side });
      }
      if (isGone) continue;
      const [next] = wire;
      if (next !== undefined) moves.push({ act: "receive", side });
      if (typeof next === "object" && next.bytes.length > 1 && this.left.cuts > 0) {
        moves.push({ act: "receive a byte", side });
      }
      if (this.left.losses > 0 && !isOver) {
        moves.push({ act: "lose the peer", side }, { act: "reset", side });
      }
    }
    if (this.left.waits > 0 && this.earliest !== Number.POSITIVE_INFINITY) {
      moves.push({ act: "wait" });
    }
    return moves;
  }

  /** The earliest deadline; Infinity when no timer runs. ms */
  get earliest(): number {
    return Math.min(this.client.one.deadline, this.server.one.deadline);
  }

  perform(move: Move): void {
    if (move.act === "wait") {
      this.left.waits -= 1;
      this.wait();
      return;
    }
    const side = this[move.side];
    switch (move.act) {
      case "text": {
        this.left.texts -= 1;
        const text = `${move.side} ${this.left.texts}`;
        side.inputs += "t";
        if (side.one.sendText(text)) side.said.texts.push(text);
        break;
      }
      case "ping": {
        this.left.pings -= 1;
        const payload = `ping ${this.left.pings}`;
        side.inputs += "p";
        if (side.one.ping(encodeText(payload), this.now)) side.said.pings.push(payload);
        break;
      }
      case "close":
        this.closesLeft[move.side] -= 1;
        side.inputs += "c";
        if (side.one.close(1000, move.side, this.now)) side.said.closes += 1;
        break;
      case "receive":
        this.receive(side);
        return;
      case "receive a byte":
        this.left.cuts -= 1;
        this.receiveByte(side);
        break;
      case "lose the peer":
      case "reset":
        this.left.losses -= 1;
        this.isLossy = true;
        side.wire.length = 0;
        side.wire.push(move.act === "reset" ? "reset" : "end");
        this.peerOf(side).isUnheard = true;
        if (move.act === "reset") this.receive(side);
        return;
    }
    this.turn(side);
  }

  /** Time goes on to the earliest deadline. */
  wait(): void {
    this.now = Math.max(this.now, this.earliest);
    this.hasWaited = true;
    for (const side of this.sides) {
      if (side.one.deadline > this.now) continue;
      side.inputs += `w${this.now}`;
      side.one.handleTimeout(this.now);
      this.turn(side);
    }
  }

  /** The side receives the next item on its wire. */
  receive(side: Side): void {
    const item = side.wire.shift()!;
    if (item === "reset") {
      side.inputs += "x";
      side.isGone = true;
      side.hasEnded = true;
      side.wire.length = 0;
      side.one.transportClosed?.(this.now);
    } else if (item === "end") {
      side.inputs += "e";
      side.one.endOfStream(this.now);
    } else {
      side.inputs += `r${item.bytes.length}`;
      side.one.receive(item.bytes, this.now);
    }
    this.turn(side);
  }

  private receiveByte(side: Side): void {
    const { bytes } = side.wire[0] as { readonly bytes: Uint8Array };
    side.wire[0] = { bytes: bytes.slice(1) };
    side.inputs += "r1";
    side.one.receive(bytes.slice(0, 1), this.now);
  }

  /** A command of the caller's own has been given to the side. */
  flush(side: Side): void {
    side.inputs += "!";
    this.turn(side);
  }

  /** Pulls, transmits, and puts the transmissions on the wire. */
  private turn(side: Side): void {
    const { one, told, output } = side;
    for (;;) {
      told.push(...one.pull(this.now));
      const transmitted = one.transmit(this.now);
      if (transmitted === null) return;
      const { bytes, ending } = transmitted;
      if (bytes.length > 0) output.push(bytes);
      this.carry(side, bytes, ending);
    }
  }

  private carry(side: Side, bytes: Uint8Array, ending: "continue" | "end-write" | "destroy"): void {
    const peer = this.peerOf(side);
    const isHeard = !side.isUnheard && !side.hasEnded && !peer.isGone;
    if (isHeard && bytes.length > 0) peer.wire.push({ bytes });
    if (ending === "continue") return;
    if (isHeard) peer.wire.push("end");
    side.hasEnded = true;
    if (ending !== "destroy") return;
    // A transport that is destroyed with unread input is reset, and what the peer still sends is lost.
    side.isGone = true;
    if (side.wire.length > 0) this.isLossy = true;
    side.wire.length = 0;
  }
}

function factsOf(side: Side): Pick<Side, "name" | "wire" | "isOver" | "isGone" | "hasTold"> {
  const { name, wire, isOver, isGone } = side;
  return { name, wire, isOver, isGone, hasTold: (kind) => side.hasTold(kind) };
}

function wireDigest({ wire, isGone, isUnheard }: Side): string {
  const items = wire.map((item) => (typeof item === "string" ? item[0] : item.bytes.length));
  return `${items.join(",")}${isGone ? "g" : ""}${isUnheard ? "u" : ""}`;
}

/** The history as a person reads it, a move in each line. */
export function showHistory(history: readonly Move[]): string {
  return history
    .map((move) =>
      move.act === "wait" ? "wait for the earliest deadline" : `${move.side}: ${move.act}`,
    )
    .join("\n");
}
