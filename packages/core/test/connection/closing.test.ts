/** RFC 6455 §5.5.1, §7: Close, and every other way to the end. */
import { describe, expect, test } from "vitest";
import { closeOutcome, type Ended, isCloseCodeOnWire, Step } from "../../src/index.ts";
import { Bench } from "../turn.ts";
import { closeBody, concat, masked, unmasked } from "../wire.ts";

/** §7.4.1 and the IANA registry, written out. */
function isAllowed(code: number): boolean {
  return (
    [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014].includes(code) ||
    (code >= 3000 && code <= 4999)
  );
}

describe("close codes (§7.4)", () => {
  test("of all 65,536 only those of the registry and 3000 to 4999 may be on the wire", () => {
    for (let code = 0; code < 65_536; code += 1)
      expect(isCloseCodeOnWire(code)).toBe(isAllowed(code));
  });

  const interesting = [
    0, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013,
    1014, 1015, 1016, 1100, 2000, 2999, 3000, 3999, 4000, 4999, 5000, 65_535,
  ];
  for (const code of interesting) {
    test(`a Close with ${code} is ${isAllowed(code) ? "echoed" : "answered with 1002"}`, () => {
      const bench = Bench.open("server");
      const told = bench.feed(masked(0x8, closeBody(code)));
      expect(told[0]!.step).toBe(isAllowed(code) ? "closing" : "violation");
      expect([...bench.sent()[0]!.payload]).toEqual([...closeBody(isAllowed(code) ? code : 1002)]);
    });

    test(`close(${code}) is ${isAllowed(code) || code === 1005 ? "sent" : "a mistake of the caller"}`, () => {
      const bench = Bench.open("client");
      const call = () => bench.endpoint.close(code, "", 0);
      if (!isAllowed(code) && code !== 1005) {
        expect(call).toThrow(/RFC 6455 §7.4/);
        expect(bench.endpoint.state).toBe("open");
        return;
      }
      expect(call()).toBe("queued");
      bench.turn();
      expect([...bench.sent()[0]!.payload]).toEqual(code === 1005 ? [] : [...closeBody(code)]);
    });
  }

  test("an empty Close is echoed empty, and reported as 1005", () => {
    const bench = Bench.open("server");
    expect(bench.feed(masked(0x8))).toEqual([{ step: "closing", code: 1005, reason: "" }]);
    expect(bench.sent()).toMatchObject([{ opcode: 0x8, payload: new Uint8Array(0) }]);
  });
});

describe("close reasons (§5.5.1)", () => {
  test("of 123 bytes are sent and received, of 124 refused", () => {
    const reason = `${"é".repeat(61)}x`;
    const bench = Bench.open("server");
    expect(bench.feed(masked(0x8, closeBody(1000, reason)))).toEqual([
      { step: "closing", code: 1000, reason },
    ]);
    const { endpoint } = Bench.open("server");
    expect(() => endpoint.close(1000, `${reason}x`, 0)).toThrow(/124 bytes/);
    expect(endpoint.close(1000, reason, 0)).toBe("queued");
  });

  test("keep a byte order mark", () => {
    const bench = Bench.open("server");
    expect(bench.feed(masked(0x8, closeBody(1000, "\ufeffbye")))).toMatchObject([
      { reason: "\ufeffbye" },
    ]);
  });

  test("need a code", () => {
    const { endpoint } = Bench.open("server");
    expect(() => endpoint.close(1005, "why", 0)).toThrow(/code/);
    expect(() => endpoint.close(1000, new Float32Array(4) as never, 0)).toThrow(/string/);
  });
});

describe("the closing handshake", () => {
  test("a server ends the stream behind its Close, and has ended when the peer has too", () => {
    const bench = Bench.open("server");
    expect(bench.feed(masked(0x8, closeBody(1000, "bye")))).toEqual([
      { step: "closing", code: 1000, reason: "bye" },
    ]);
    expect(bench.ends).toEqual(["end-write"]);
    expect(bench.end()).toEqual([{ step: "ended" }]);
    expect(bench.ends).toEqual(["end-write", "destroy"]);
    expect(closeOutcome(bench.endpoint.ended!)).toEqual({
      code: 1000,
      reason: "bye",
      wasClean: true,
    });
  });

  test("a client answers the server's Close, and waits for the server to end the stream", () => {
    const bench = Bench.open("client");
    bench.feed(unmasked(0x8, closeBody(1001)));
    expect(bench.sent()).toMatchObject([{ opcode: 0x8, isMasked: true }]);
    expect(bench.ends).toEqual([]);
    expect(bench.end()).toEqual([{ step: "ended" }]);
    expect(bench.ends).toEqual(["end-write", "destroy"]);
  });

  test("a client that begins it waits for the server's Close and the end of its stream", () => {
    const bench = Bench.open("client");
    bench.endpoint.close(1000, "", 0);
    bench.turn();
    expect(bench.endpoint.state).toBe("closing");
    bench.feed(unmasked(0x8, closeBody(1000)));
    expect(bench.sent()).toHaveLength(1);
    bench.end();
    expect(bench.endpoint.ended).toMatchObject({ firstClose: "local", isEndOfStream: true });
  });

  test("Closes that cross are both facts, and neither is answered again", () => {
    const bench = Bench.open("server");
    bench.endpoint.close(3001, "", 0);
    bench.feed(masked(0x8, closeBody(3002)));
    expect(bench.sent()).toHaveLength(1);
    bench.end();
    expect(bench.endpoint.ended).toMatchObject({
      localClose: { code: 3001 },
      peerClose: { code: 3002 },
      firstClose: "local",
    });
  });

  test("a second close is a lost race", () => {
    const { endpoint } = Bench.open("server");
    expect(endpoint.close(1000, "", 0)).toBe("queued");
    expect(endpoint.close(1000, "", 0)).toBe("closed");
  });

  test("no data frame leaves behind our Close", () => {
    const bench = Bench.open("server");
    bench.endpoint.startMessage("text");
    bench.endpoint.sendFragment("half", false);
    bench.endpoint.close(1000, "", 0);
    expect(bench.endpoint.sendText("late")).toBe("closed");
    expect(bench.endpoint.sendBinary(new Uint8Array(1))).toBe("closed");
    expect(bench.endpoint.startMessage("text")).toBe("closed");
    expect(bench.endpoint.sendFragment("late", true)).toBe("closed");
    bench.turn();
    expect(bench.sent().map(({ opcode }) => opcode)).toEqual([0x1, 0x8]);
  });

  test("messages that arrive after our Close are delivered until the peer's Close, and nothing after it", () => {
    const bench = Bench.open("server");
    bench.endpoint.close(1000, "", 0);
    const octets = concat(masked(0x1, "still"), masked(0x8), masked(0x1, "gone"));
    expect(bench.feed(octets)).toEqual([
      { step: "text", text: "still" },
      { step: "closing", code: 1005, reason: "" },
    ]);
    expect(bench.feed(masked(0x1, "gone"))).toEqual([]);
  });

  test("our Close keeps its place behind what was queued before it", () => {
    const bench = Bench.open("server");
    bench.endpoint.sendText("first");
    bench.endpoint.close(1000, "", 0);
    bench.turn();
    expect(bench.sent().map(({ opcode }) => opcode)).toEqual([0x1, 0x8]);
  });
});

describe("other ends", () => {
  test("a stream that ends without a Close is 1006, after what was whole", () => {
    const bench = Bench.open("server");
    bench.endpoint.receive(concat(masked(0x1, "whole"), masked(0x1, "part").slice(0, 8)), 0);
    expect(bench.end()).toEqual([{ step: "text", text: "whole" }, { step: "ended" }]);
    expect(closeOutcome(bench.endpoint.ended!)).toEqual({
      code: 1006,
      reason: "",
      wasClean: false,
    });
    expect(bench.sent()).toEqual([]);
  });

  test("a peer that half-closes behind its Close still gets what was queued, our Close, and then the end", () => {
    const bench = Bench.open("server");
    bench.isBusy = true;
    bench.endpoint.sendBinary(new Uint8Array(100_000));
    bench.turn();
    bench.endpoint.sendText("queued behind");
    bench.feed(masked(0x8, closeBody(1000)));
    expect(bench.end()).toEqual([]);
    expect(bench.take()).toEqual([{ step: "ended" }]);
    expect(bench.sent().map(({ opcode }) => opcode)).toEqual([0x2, 0x1, 0x8]);
    expect(bench.ends).toEqual(["end-write", "destroy"]);
  });

  test("a transport that is gone ends it at once, after what was received before", () => {
    const bench = Bench.open("client");
    bench.endpoint.receive(unmasked(0x1, "last"), 0);
    bench.endpoint.transportClosed("ECONNRESET", 0);
    expect(bench.turn()).toEqual([{ step: "text", text: "last" }, { step: "ended" }]);
    expect(bench.endpoint.ended).toMatchObject({ transportError: "ECONNRESET", peerClose: null });
    expect(bench.ends).toEqual([]);
  });

  test("abort drops everything, and has the transport destroyed", () => {
    const bench = Bench.open("server");
    bench.endpoint.sendText("never");
    bench.endpoint.receive(masked(0x1, "unread"), 0);
    bench.endpoint.abort(0);
    expect(bench.turn()).toEqual([{ step: "ended" }]);
    expect(bench.ends).toEqual(["destroy"]);
    expect(bench.output).toHaveLength(0);
    expect(bench.endpoint.ended).toMatchObject({ isAborted: true });
  });

  test("abort while the transport is busy has it destroyed without waiting for it", () => {
    const bench = Bench.open("server");
    bench.isBusy = true;
    bench.endpoint.sendText("kept");
    bench.turn();
    bench.endpoint.abort(0);
    expect(bench.turn()).toEqual([{ step: "ended" }]);
    expect(bench.ends).toEqual(["destroy"]);
  });

  test("Ended comes once, last, and every input after it is ignored", () => {
    const bench = Bench.open("server");
    bench.endpoint.abort(0);
    expect(bench.turn()).toEqual([{ step: "ended" }]);
    const { endpoint } = bench;
    endpoint.receive(masked(0x1, "x"), 1);
    endpoint.endOfStream(1);
    endpoint.transportClosed("late", 1);
    endpoint.handleTimeout(1e9);
    endpoint.sent(2);
    endpoint.keep();
    endpoint.abort(2);
    expect(endpoint.sendText("x")).toBe("closed");
    expect(endpoint.next()).toBe(Step.Idle);
    expect(endpoint.transmit(1e9)).toBeNull();
    expect(endpoint.deadline).toBe(Number.POSITIVE_INFINITY);
    expect(endpoint.state).toBe("ended");
  });
});

describe("our answer to the peer's Close", () => {
  for (const { what, isTaken } of [
    { what: "that the transport took makes a clean end", isTaken: true },
    { what: "that the transport could not take any more makes none", isTaken: false },
  ]) {
    test(what, () => {
      const bench = Bench.open("server");
      bench.isBusy = true;
      bench.feed(masked(0x8, closeBody(1000)));
      if (isTaken) bench.endpoint.sent(1);
      bench.endpoint.transportClosed(isTaken ? null : "EPIPE", 1);
      bench.turn();
      const ended = bench.endpoint.ended!;
      expect([ended.isCloseSent, closeOutcome(ended).wasClean]).toEqual([isTaken, isTaken]);
      expect(ended.localClose).toEqual({ code: 1000, reason: "" });
    });
  }
});

describe("closeOutcome", () => {
  const nothing: Ended = {
    localClose: null,
    isCloseSent: false,
    peerClose: null,
    firstClose: null,
    violation: null,
    timeout: null,
    isEndOfStream: false,
    isAborted: false,
    transportError: null,
  };
  const ours = { code: 1000, reason: "" };
  for (const { because, ended, outcome } of [
    { because: "no Close arrived", ended: { localClose: ours }, outcome: [1006, "", false] },
    {
      because: "both crossed",
      ended: { localClose: ours, isCloseSent: true, peerClose: { code: 1001, reason: "go" } },
      outcome: [1001, "go", true],
    },
    {
      because: "ours was not taken any more",
      ended: { localClose: ours, peerClose: { code: 1001, reason: "go" } },
      outcome: [1001, "go", false],
    },
    {
      because: "the peer's had no code",
      ended: { localClose: ours, isCloseSent: true, peerClose: { code: 1005, reason: "" } },
      outcome: [1005, "", true],
    },
  ] as const) {
    test(`${outcome[0]}: ${because}`, () => {
      const { code, reason, wasClean } = closeOutcome({ ...nothing, ...ended });
      expect([code, reason, wasClean]).toEqual(outcome);
    });
  }
});
