/** Time in the opening handshake: one timer runs there, and it has the last word only once. */
import { describe, expect, test } from "vitest";
import { acceptFor, clientEndpoint, Step, serverEndpoint, type Timeouts } from "../../src/index.ts";
import { Bench, quietHost } from "../turn.ts";
import { bytesOf, masked } from "../wire.ts";

const HEAD = bytesOf(
  "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
);
const PLAIN = bytesOf("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
const ANSWER = bytesOf(
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${acceptFor("WlpaWlpaWlpaWlpaWlpaWg==")}\r\n\r\n`,
);
const REFUSAL = bytesOf("HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nno");

function server(timeouts: Partial<Timeouts>): Bench {
  return new Bench(serverEndpoint({ host: quietHost(), timeouts }, 0));
}

function client(timeouts: Partial<Timeouts>): Bench {
  const bench = new Bench(clientEndpoint({ host: quietHost(), url: "ws://a/", timeouts }, 0));
  bench.turn();
  return bench;
}

/** Bytes that are sent after this moment, whatever timers fire within a day. */
function sentWithinADay(bench: Bench): string {
  const before = bench.output.length;
  for (let fired = 0; fired < 100 && bench.endpoint.deadline < 86_400_000; fired += 1) {
    bench.at(bench.endpoint.deadline);
  }
  return new TextDecoder().decode(bench.output.subarray(before));
}

describe("the handshake timer", () => {
  for (const { what, make } of [
    { what: "a server without a request", make: server },
    { what: "a client without an answer", make: client },
  ]) {
    test(`of ${what} fires at its millisecond and not one before`, () => {
      const bench = make({ handshake: 700, close: 50 });
      expect(bench.endpoint.deadline).toBe(700);
      expect(bench.at(699)).toEqual([]);
      expect(bench.endpoint.state).toBe("opening");
      bench.at(700);
      expect(bench.endpoint.state).not.toBe("opening");
      expect(sentWithinADay(bench)).toBe("");
      expect(bench.endpoint.ended).toMatchObject({ timeout: "handshake", localClose: null });
    });

    test(`of ${what} counts from the time at which it was made`, () => {
      const [one, other] = [0, 5_000].map((now) =>
        make === server
          ? serverEndpoint({ host: quietHost() }, now)
          : clientEndpoint({ host: quietHost(), url: "ws://a/" }, now),
      );
      expect([one!.deadline, other!.deadline]).toEqual([10_000, 15_000]);
    });
  }

  test("at 0 leaves a handshake all the time it wants, and no other timer takes its place (§4.1)", () => {
    for (const bench of [
      client({ handshake: 0, lifetime: 1_000 }),
      server({ handshake: 0, lifetime: 1_000 }),
    ]) {
      expect(bench.endpoint.deadline).toBe(Number.POSITIVE_INFINITY);
      bench.at(1e9);
      expect(sentWithinADay(bench)).toBe("");
      expect(bench.endpoint.state).toBe("opening");
    }
  });

  test("at 0 also leaves an application all the time for its decision", () => {
    const bench = server({ handshake: 0 });
    bench.feed(HEAD);
    expect(bench.endpoint.deadline).toBe(Number.POSITIVE_INFINITY);
    bench.at(1e6);
    expect(bench.endpoint.accept({}, 1e6)).toBe(true);
    expect(bench.turn()).toEqual([{ step: "open" }]);
  });

  test("ends when the connection opens, and those of the open connection begin there", () => {
    for (const handshake of [0, 10_000]) {
      const opened = client({ handshake, ping: 300, idle: 0 });
      opened.now = 9_000;
      expect(opened.feed(ANSWER)).toEqual([{ step: "open" }]);
      expect(opened.endpoint.deadline).toBe(9_300);
      const accepted = server({ handshake, lifetime: 500, ping: 0, idle: 0 });
      accepted.feed(HEAD);
      accepted.endpoint.accept({}, 9_000);
      expect(accepted.endpoint.deadline).toBe(9_500);
    }
  });

  test("is answered with 408 before the request is whole, and with 503 when nobody decided", () => {
    const late = server({ handshake: 100 });
    late.feed(HEAD.slice(0, 30));
    late.at(100);
    expect(new TextDecoder().decode(late.output)).toMatch(/^HTTP\/1\.1 408 /);
    for (const request of [HEAD, PLAIN]) {
      const undecided = server({ handshake: 100 });
      undecided.feed(request);
      undecided.at(100);
      expect(new TextDecoder().decode(undecided.output)).toMatch(/^HTTP\/1\.1 503 /);
    }
  });
});

describe("after the answer of the handshake nothing more is sent, whatever time it gets", () => {
  const answered: Record<string, (close: number) => Bench> = {
    "a rejected upgrade": (close) => {
      const bench = server({ close });
      bench.feed(HEAD);
      bench.endpoint.reject(403, {}, 0);
      bench.turn();
      return bench;
    },
    "a plain answer": (close) => {
      const bench = server({ close });
      bench.feed(PLAIN);
      bench.endpoint.respond(200, { body: "page" }, 0);
      bench.turn();
      return bench;
    },
    "a plain answer to a client that half-closed": (close) => {
      const bench = server({ close });
      bench.feed(PLAIN);
      bench.end();
      bench.isBusy = true;
      bench.endpoint.respond(200, { body: "page" }, 0);
      bench.turn();
      return bench;
    },
    "a refused request": (close) => {
      const bench = server({ close });
      bench.feed(bytesOf("nonsense\r\n"));
      return bench;
    },
    "a timeout": (close) => {
      const bench = server({ close });
      bench.at(10_000);
      return bench;
    },
    "a client that leaves": (close) => {
      const bench = server({ close });
      bench.feed(HEAD.slice(0, 10));
      bench.isBusy = true;
      bench.end();
      return bench;
    },
  };
  for (const [what, make] of Object.entries(answered)) {
    for (const close of [0, 5_000]) {
      test(`${what}, with a close timeout of ${close}`, () => {
        const bench = make(close);
        expect(sentWithinADay(bench)).toBe("");
      });
    }
  }

  test("a server that answered gives a client 5,000 ms to end its stream", () => {
    const bench = answered["a rejected upgrade"]!(5_000);
    expect(bench.endpoint.deadline).toBe(5_000);
    expect(bench.at(5_000)).toEqual([{ step: "ended" }]);
    expect(bench.endpoint.ended).toMatchObject({ timeout: "close", localClose: null });
    expect(bench.ends).toEqual(["end-write", "destroy"]);
  });
});

test("a refusal whose body does not come is reported at the deadline with what there was", () => {
  const bench = client({ handshake: 100 });
  expect(bench.feed(REFUSAL)).toEqual([]);
  expect(bench.at(99)).toEqual([]);
  expect(bench.at(100)).toMatchObject([
    { step: "violation", kind: "status-not-101" },
    { step: "ended" },
  ]);
  expect(bench.endpoint.ended).toMatchObject({ timeout: null });
  expect(new TextDecoder().decode(bench.endpoint.response!.body)).toBe("no");
});

test("a decision after the deadline is a lost race, and the bytes that waited for it are dropped", () => {
  const bench = server({ handshake: 100 });
  bench.feed(HEAD);
  bench.feed(masked(0x1, "early"));
  bench.at(100);
  expect(bench.endpoint.accept({}, 101)).toBe(false);
  expect(bench.endpoint.unread).toBe(0);
  expect(bench.endpoint.next()).toBe(Step.Idle);
});
