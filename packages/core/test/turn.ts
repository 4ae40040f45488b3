/** Drives an endpoint as a host does, and writes down what happens in words that a test can compare. */
import { type ConnectionOptions, type Endpoint, openEndpoint, Step } from "../src/index.ts";
import { type Bytes, type ParsedFrame, parseFrames } from "./wire.ts";

/** Ports of a host whose randomness is none. */
export function quietHost(): { random(into: Uint8Array): void } {
  return { random: (into) => void into.fill(0x5a) };
}

export type Told =
  | { readonly step: "request" | "open" }
  | { readonly step: "text"; readonly text: string }
  | { readonly step: "binary"; readonly bytes: number[] }
  | {
      readonly step: "piece";
      readonly of: string;
      readonly bytes: number[];
      readonly final: boolean;
    }
  | { readonly step: "ping"; readonly payload: number[] }
  | { readonly step: "pong"; readonly of: number; readonly payload: number[] }
  | { readonly step: "closing"; readonly code: number; readonly reason: string }
  | { readonly step: "violation"; readonly kind: string; readonly offset: number }
  | { readonly step: "frame"; readonly direction: string; readonly opcode: number }
  | { readonly step: "ended" };

/** An endpoint with a transport that takes everything at once, unless it is told to be busy. */
export class Bench {
  readonly endpoint: Endpoint;
  now = 0;
  /** All bytes sent so far. */
  output: Uint8Array = new Uint8Array(0);
  /** What the transport was told to do besides writing, in order. */
  readonly ends: string[] = [];
  /** The transport keeps what it is given, until {@link take}. */
  isBusy = false;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
  }

  static open(role: "client" | "server", options: Partial<ConnectionOptions> = {}): Bench {
    const bench = new Bench(openEndpoint(role, {}, { host: quietHost(), ...options }, 0));
    bench.turn();
    return bench;
  }

  /** Bytes arrive, in pieces of `size`; a turn each. */
  feed(octets: Bytes, size: number = Number.POSITIVE_INFINITY): Told[] {
    const bytes = Uint8Array.from(octets);
    const told: Told[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      this.endpoint.receive(bytes.slice(at, at + size), this.now);
      told.push(...this.turn());
    }
    return told;
  }

  /** Pulls to Idle and transmits until there is nothing left to do. */
  turn(): Told[] {
    const told: Told[] = [];
    for (;;) {
      told.push(...this.pull());
      const transmission = this.endpoint.transmit(this.now);
      if (transmission === null) return told;
      for (const chunk of transmission.chunks) {
        this.output = Uint8Array.from([...this.output, ...chunk]);
      }
      if (transmission.then !== "continue") this.ends.push(transmission.then);
      if (this.isBusy) this.endpoint.keep();
      else this.endpoint.sent(this.now);
    }
  }

  /** Pulls to Idle, and no more. */
  pull(): Told[] {
    const told: Told[] = [];
    for (let step = this.endpoint.next(); step !== Step.Idle; step = this.endpoint.next()) {
      told.push(tell(this.endpoint, step));
    }
    return told;
  }

  /** The busy transport has taken what it kept. */
  take(): Told[] {
    this.isBusy = false;
    this.endpoint.sent(this.now);
    return this.turn();
  }

  end(): Told[] {
    this.endpoint.endOfStream(this.now);
    return this.turn();
  }

  /** It is `now` ms, and the host asks. */
  at(now: number): Told[] {
    this.now = now;
    this.endpoint.handleTimeout(now);
    return this.turn();
  }

  /** The frames sent since the last call. */
  sent(): ParsedFrame[] {
    const frames = parseFrames(this.output);
    this.output = new Uint8Array(0);
    return frames;
  }
}

function tell(endpoint: Endpoint, step: Exclude<Step, 0>): Told {
  const bytes = [...endpoint.chunk.subarray(endpoint.start, endpoint.end)];
  switch (step) {
    case Step.Request:
      return { step: "request" };
    case Step.Open:
      return { step: "open" };
    case Step.Text:
    case Step.Binary: {
      const of = step === Step.Text ? "text" : "binary";
      if (endpoint.deliversPieces) return { step: "piece", of, bytes, final: endpoint.final };
      return of === "text" ? { step: "text", text: endpoint.text } : { step: "binary", bytes };
    }
    case Step.Ping:
      return { step: "ping", payload: bytes };
    case Step.Pong:
      return { step: "pong", of: endpoint.pongOf, payload: bytes };
    case Step.Closing:
      return { step: "closing", ...endpoint.peerClose! };
    case Step.Violation: {
      const { kind, offset } = endpoint.violation!;
      return { step: "violation", kind, offset };
    }
    case Step.Frame: {
      const { direction, opcode } = endpoint.frame!;
      return { step: "frame", direction, opcode };
    }
    case Step.Ended:
      return { step: "ended" };
  }
}
