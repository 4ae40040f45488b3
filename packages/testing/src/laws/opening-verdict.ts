/** The law of the opening: an engine opens a connection for handshakes that are right, and for no others (RFC 6455 §4). */
import fc from "fast-check";
import { createChecked } from "../engine/binding.ts";
import type { EngineOptions, Parser, ParserUnderTest } from "../engine/engine.ts";
import { type CuttingPlan, cut, cuttingPlans } from "../generators/cuttings.ts";
import {
  brokenHandshakeRequests,
  type HandshakeRequest,
  handshakeRequests,
} from "../generators/handshake-requests.ts";
import {
  brokenHandshakeResponses,
  type HandshakeResponse,
  handshakeResponses,
} from "../generators/handshake-responses.ts";
import { shownAs } from "../generators/shown.ts";
import { acceptKey } from "../wire/accept-key.ts";
import { joinBytes } from "../wire/bytes.ts";
import { dumpHead } from "../wire/head-dump.ts";
import { checkLaw, LawBroken, type LawOptions } from "./law.ts";
import { turn } from "./trace.ts";

/** The head of a message of HTTP/1.1, read leniently: what is judged here are a few of its lines. */
export interface ReadHead {
  /** 0 if there is no status line. */
  readonly status: number;
  /** The value of the first field of that name; null if there is none. */
  field(name: string): string | null;
}

/** Reads the head at the beginning of `bytes`; null if it is not whole. */
export function readHead(bytes: Uint8Array): ReadHead | null {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return null;
  const [startLine = "", ...lines] = text.slice(0, end).split("\r\n");
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(startLine)?.[1] ?? 0),
    field(name) {
      const line = lines.find((one) => one.toLowerCase().startsWith(`${name}:`));
      return line === undefined ? null : line.slice(name.length + 1).trim();
    },
  };
}

/** The fault of the answer to a request; null for none. */
export function judgeResponse(
  { statuses, key, broken }: HandshakeRequest,
  response: ReadHead | null,
): string | null {
  const wanted = statuses.map(([from, to]) => (from === to ? from : `${from} to ${to}`)).join(", ");
  const why = broken ?? "the request is right";
  if (response === null) return `no answer came; wanted: ${wanted}, because ${why}`;
  const { status } = response;
  if (!statuses.some(([from, to]) => status >= from && status <= to)) {
    return `the answer is ${status}; wanted: ${wanted}, because ${why}`;
  }
  const accept = response.field("sec-websocket-accept");
  if (status !== 101 || accept === acceptKey(key)) return null;
  return `Sec-WebSocket-Accept is ${accept}; wanted: ${acceptKey(key)} (RFC 6455 §4.2.2)`;
}

/** A connection that is opening, what it sent, and whether it told of an open connection. */
class Opening {
  readonly #name: string;
  readonly #one: ParserUnderTest;
  readonly #trace = { events: [], ends: [] } as Parameters<typeof turn>[3];
  readonly #outputs: Uint8Array[] = [];

  constructor(engine: Parser, role: "client" | "server") {
    const options: EngineOptions = { from: "opening", role, pieces: false };
    this.#name = engine.name;
    this.#one = createChecked(engine, options, ["transmit"]);
    this.#turn();
  }

  feed(bytes: Uint8Array, plan: CuttingPlan): void {
    for (const piece of cut(bytes, plan(bytes.length))) {
      this.#one.receive(piece, 0);
      this.#turn();
    }
  }

  #turn(): void {
    turn(this.#name, this.#one, 0, this.#trace, this.#outputs);
  }

  get output(): Uint8Array {
    return joinBytes(this.#outputs);
  }

  get isOpen(): boolean {
    return this.#trace.events.some(({ kind }) => kind === "open");
  }
}

function requireOpen(isOpen: boolean, broken: HandshakeResponse["broken"], behind = ""): void {
  if (broken === null && !isOpen)
    throw new LawBroken(`the handshake is right, and no open connection was told${behind}`);
  if (broken !== null && isOpen) {
    throw new LawBroken(`an open connection was told, although the head breaks ${broken}${behind}`);
  }
}

/**
 * A server answers requests that are right with 101, and others with a status that RFC 6455 allows. A client takes
 * responses that are right, and no others. The engine tells `open` for a connection that has opened, and a server accepts
 * whatever it may. Throws with the smallest counterexample.
 */
export function openingVerdictLaw(engine: Parser, options: LawOptions = {}): void {
  const { role } = options;
  checkLaw(
    "openingVerdictLaw",
    [engine],
    fc.property(openings(role), ({ serves, request, isRight, seed, plan }) => {
      if (serves) {
        const server = new Opening(engine, "server");
        server.feed(request.bytes, plan);
        requireOpen(server.isOpen, request.broken);
        const fault = judgeResponse(request, readHead(server.output));
        if (fault !== null) throw new LawBroken(fault);
        return;
      }
      const client = new Opening(engine, "client");
      const key = readHead(client.output)?.field("sec-websocket-key");
      if (typeof key !== "string") {
        throw new LawBroken(`the client sent no request with a key:\n${dumpHead(client.output)}`);
      }
      const make = isRight ? handshakeResponses : brokenHandshakeResponses;
      const [response] = fc.sample(make(key), { numRuns: 1, seed });
      client.feed(response!.bytes, plan);
      requireOpen(client.isOpen, response!.broken, `; it received\n${dumpHead(response!.bytes)}`);
    }),
    options,
  );
}

/** One opening of either side. */
interface OpeningExample {
  readonly serves: boolean;
  readonly request: HandshakeRequest;
  /** The key of a client is known when the client has sent its request: the response is made then, from the seed. */
  readonly isRight: boolean;
  readonly seed: number;
  readonly plan: CuttingPlan;
}

function openings(role: LawOptions["role"]): fc.Arbitrary<OpeningExample> {
  return fc
    .record({
      serves: role === undefined ? fc.boolean() : fc.constant(role === "server"),
      request: fc.oneof({ withCrossShrink: true }, handshakeRequests(), brokenHandshakeRequests()),
      isRight: fc.boolean(),
      seed: fc.nat(),
      plan: cuttingPlans(),
    })
    .map((example) =>
      shownAs(example, ({ serves, request, plan }) => {
        if (!serves) return "a client, before the opening handshake";
        const cuts = plan(request.bytes.length).filter((at) => at > 0);
        const cutAt = cuts.length === 0 ? "" : `cut at ${cuts.slice(0, 12).join(", ")}`;
        return `a server receives ${fc.stringify(request)}\n${cutAt}`;
      }),
    );
}
