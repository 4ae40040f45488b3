/**
 * Laws 4 and 5 over openings, in full: from every state of an opening handshake, and every order of what may happen to it
 * next, a silent peer and the deadlines lead to exactly one Ended, which is the last step.
 */
import { expect, test } from "vitest";
import { clientEndpoint, type Endpoint, Step, serverEndpoint } from "../../src/index.ts";

const host = { random: (into: Uint8Array) => void into.fill(7) };

const bytes = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));

const UPGRADE =
  "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/** What has arrived when the peer falls silent. */
const STATES = [
  { role: "server", what: "nothing", arrived: "" },
  { role: "server", what: "half a head", arrived: "GET / HTTP/1.1\r\nHo" },
  { role: "server", what: "a malformed head", arrived: "GET /\r\n\r\n" },
  { role: "server", what: "a plain request", arrived: "GET / HTTP/1.1\r\nHost: a\r\n\r\n" },
  { role: "server", what: "a plain request of HTTP/1.0", arrived: "GET / HTTP/1.0\r\n\r\n" },
  {
    role: "server",
    what: "a plain request with a body",
    arrived: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody",
  },
  { role: "server", what: "an upgrade request", arrived: UPGRADE },
  {
    role: "server",
    what: "an upgrade request and a frame",
    arrived: `${UPGRADE}\x81\x00`,
  },
  { role: "client", what: "nothing", arrived: "" },
  { role: "client", what: "half a head", arrived: "HTTP/1.1 101 Sw" },
  { role: "client", what: "a 101 that breaks a rule", arrived: "HTTP/1.1 101 OK\r\n\r\n" },
  {
    role: "client",
    what: "a refusal without the end of its body",
    arrived: "HTTP/1.1 401 No\r\nContent-Length: 9\r\n\r\nbod",
  },
] as const;

const ACTS = ["end of stream", "transport closed", "abort", "decision", "timeout"] as const;
type Act = (typeof ACTS)[number];

/** All orders of up to three acts. */
function* orders(): Generator<readonly Act[]> {
  yield [];
  for (const first of ACTS) {
    yield [first];
    for (const second of ACTS) {
      yield [first, second];
      for (const third of ACTS) yield [first, second, third];
    }
  }
}

function perform(endpoint: Endpoint, act: Act, now: number): number {
  if (act === "end of stream") endpoint.endOfStream(now);
  else if (act === "transport closed") endpoint.transportClosed(null, now);
  else if (act === "abort") endpoint.abort(now);
  else if (act === "decision") {
    if (endpoint.request?.kind === "upgrade") endpoint.reject(403, {}, now);
    else if (endpoint.request?.kind === "plain") endpoint.respond(200, { body: "x" }, now);
  } else if (endpoint.deadline !== Number.POSITIVE_INFINITY) {
    const at = Math.max(now, endpoint.deadline);
    endpoint.handleTimeout(at);
    return at;
  }
  return now;
}

/** @returns the steps, as far as they are about the end. */
function play(role: "client" | "server", arrived: string, acts: readonly Act[]): Step[] {
  const endpoint =
    role === "server" ? serverEndpoint({ host }, 0) : clientEndpoint({ host, url: "ws://a/" }, 0);
  const steps: Step[] = [];
  const turn = (now: number): void => {
    for (;;) {
      for (let step = endpoint.next(); step !== Step.Idle; step = endpoint.next()) steps.push(step);
      if (endpoint.transmit(now) === null) return;
      endpoint.sent(now);
    }
  };
  turn(0);
  endpoint.receive(bytes(arrived), 0);
  turn(0);
  let now = 0;
  for (const act of acts) {
    now = perform(endpoint, act, now);
    turn(now);
  }
  for (let count = 0; count < 10; count += 1) {
    now = perform(endpoint, "timeout", now);
    turn(now);
  }
  expect(endpoint.deadline).toBe(Number.POSITIVE_INFINITY);
  return steps;
}

for (const { role, what, arrived } of STATES) {
  test(`a ${role} that got ${what} ends once, whatever comes next`, () => {
    for (const acts of orders()) {
      const steps = play(role, arrived, acts);
      const ends = steps.filter((step) => step === Step.Ended).length;
      expect([acts.join(", "), ends, steps.at(-1)]).toEqual([acts.join(", "), 1, Step.Ended]);
    }
  });
}
