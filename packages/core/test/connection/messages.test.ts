/** RFC 6455 §5.4, §5.6, §6: messages in and out. */
import { describe, expect, test } from "vitest";
import { type Endpoint, type Host, Step } from "../../src/index.ts";
import { Bench } from "../turn.ts";
import { bytesOf, concat, masked, parseFrames, unmasked } from "../wire.ts";

const LENGTHS = [
  0, 1, 2, 15, 16, 17, 124, 125, 126, 127, 128, 129, 1000, 65_534, 65_535, 65_536, 65_537, 200_000,
];

function bytes(length: number): number[] {
  return Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
}

describe("whole messages", () => {
  for (const length of LENGTHS) {
    for (const size of [Number.POSITIVE_INFINITY, 1000]) {
      test(`${length} octets in chunks of ${size} arrive as they were sent, in both roles`, () => {
        const payload = bytes(length);
        for (const [role, octets] of [
          ["server", masked(0x2, payload)],
          ["client", unmasked(0x2, payload)],
        ] as const) {
          const bench = Bench.open(role);
          expect(bench.feed(octets, size)).toEqual([{ step: "binary", bytes: payload }]);
        }
      });
    }
    test(`${length} octets leave in one frame with the minimal length, masked by a client only`, () => {
      const payload = bytes(length);
      for (const role of ["server", "client"] as const) {
        const bench = Bench.open(role);
        expect(bench.endpoint.sendBinary(Uint8Array.from(payload))).toBe("queued");
        bench.turn();
        const headBytes =
          (length < 126 ? 2 : length < 65_536 ? 4 : 10) + (role === "client" ? 4 : 0);
        expect(bench.output.length).toBe(headBytes + length);
        expect(bench.sent()).toEqual([
          {
            fin: true,
            rsv: 0,
            opcode: 2,
            isMasked: role === "client",
            payload: Uint8Array.from(payload),
          },
        ]);
      }
    });
  }

  for (const { text, because } of [
    { text: "", because: "empty" },
    { text: "hello", because: "ASCII" },
    { text: "é€😀", because: "two, three and four bytes" },
    { text: "\ufeffmark", because: "a byte order mark is kept, which Node's own client strips" },
    { text: "日本語".repeat(9000), because: "longer than a chunk" },
    { text: "\u0000\u007f\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}", because: "every boundary" },
  ]) {
    for (const size of [1, 3, Number.POSITIVE_INFINITY]) {
      if (text.length > 1000 && size === 1) continue;
      test(`a text arrives as it was sent, in chunks of ${size}: ${because}`, () => {
        const bench = Bench.open("server");
        expect(bench.feed(masked(0x1, text), size)).toEqual([{ step: "text", text }]);
      });
    }
    test(`a text leaves as UTF-8: ${because}`, () => {
      for (const role of ["server", "client"] as const) {
        const bench = Bench.open(role);
        bench.endpoint.sendText(text);
        bench.turn();
        expect(bench.sent().map(({ opcode, payload }) => [opcode, payload])).toEqual([
          [1, bytesOf(text)],
        ]);
      }
    });
  }

  test("lone surrogates are sent as U+FFFD", () => {
    const bench = Bench.open("server");
    bench.endpoint.sendText("a\ud800b\udc00");
    bench.turn();
    expect(new TextDecoder().decode(bench.sent()[0]!.payload)).toBe("a\ufffdb\ufffd");
  });

  for (const [length, calls] of [
    [9, ["decode", "encode"]],
    [5_000, ["decode", "measure", "encode"]],
    [100_000, ["decode", "measure", "encode"]],
  ] as const) {
    test(`the host's own ways with text are used, and give the same: ${length} characters`, () => {
      const used: string[] = [];
      const host = {
        random: (into: Uint8Array) => void into.fill(1),
        kernels: {
          decodeUtf8: (octets: Uint8Array, start: number, end: number) => {
            used.push("decode");
            const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
            return decoder.decode(octets.subarray(start, end));
          },
          encodeUtf8Into: (text: string, target: Uint8Array, at: number) => {
            used.push("encode");
            const { written } = new TextEncoder().encodeInto(text, target.subarray(at));
            target.fill(0xff, at + written); // a host may use the room behind the text
            return at + written;
          },
          utf8Length: (text: string) => {
            used.push("measure");
            return new TextEncoder().encode(text).length;
          },
        },
      };
      const text = "päckchen ".repeat(Math.ceil(length / 9)).slice(0, length);
      const bench = Bench.open("client", { host });
      expect(bench.feed(unmasked(0x1, text))).toEqual([{ step: "text", text }]);
      bench.endpoint.sendText(text);
      bench.endpoint.sendText("behind");
      bench.turn();
      const [first, second] = bench.sent();
      expect(first!.payload).toEqual(bytesOf(text));
      expect(second!.payload).toEqual(bytesOf("behind"));
      expect(used).toEqual([...calls, "encode"]);
    });
  }

  test("a host's kernel that is no function is a mistake of the host", () => {
    const host = { random: () => {}, kernels: { utf8Length: 7 } } as unknown as Host;
    expect(() => Bench.open("server", { host })).toThrow(
      "options.host.kernels.utf8Length is not a function: give one, or leave it out",
    );
  });
});

describe("fragmentation (§5.4)", () => {
  test("a message is the concatenation of its fragments, empty ones included", () => {
    const bench = Bench.open("server");
    const octets = concat(
      masked(0x1, "Hel", { fin: false }),
      masked(0x0, "", { fin: false }),
      masked(0x0, "lo", { fin: false }),
      masked(0x0, ""),
    );
    expect(bench.feed(octets)).toEqual([{ step: "text", text: "Hello" }]);
  });

  test("a character may be parted by fragments at every byte", () => {
    const bench = Bench.open("server");
    const [a, b, c, d] = bytesOf("😀");
    const octets = concat(
      masked(0x1, [a!], { fin: false }),
      masked(0x0, [b!], { fin: false }),
      masked(0x0, [c!], { fin: false }),
      masked(0x0, [d!]),
    );
    expect(bench.feed(octets)).toEqual([{ step: "text", text: "😀" }]);
  });

  test("control frames between fragments are handled at once and leave the message whole", () => {
    const bench = Bench.open("server");
    const octets = concat(
      masked(0x2, [1], { fin: false }),
      masked(0x9, [9]),
      masked(0x0, [2], { fin: false }),
      masked(0xa, [8]),
      masked(0x0, [3]),
    );
    expect(bench.feed(octets)).toEqual([
      { step: "ping", payload: [9] },
      { step: "pong", of: 0, payload: [8] },
      { step: "binary", bytes: [1, 2, 3] },
    ]);
  });

  test("a Close between fragments ends the connection, and the begun message is not delivered", () => {
    const bench = Bench.open("server");
    const octets = concat(masked(0x1, "half", { fin: false }), masked(0x8));
    expect(bench.feed(octets)).toEqual([{ step: "closing", code: 1005, reason: "" }]);
  });

  test("a fragmented send has the opcode on its first frame and FIN on its last", () => {
    const bench = Bench.open("client");
    const { endpoint } = bench;
    expect(endpoint.startMessage("text")).toBe("queued");
    endpoint.sendFragment("Hel", false);
    endpoint.sendFragment(bytesOf("l"), false);
    endpoint.sendFragment("o", true);
    bench.turn();
    expect(
      bench
        .sent()
        .map(({ fin, opcode, payload }) => [fin, opcode, new TextDecoder().decode(payload)]),
    ).toEqual([
      [false, 1, "Hel"],
      [false, 0, "l"],
      [true, 0, "o"],
    ]);
  });

  test("control frames may go between the fragments that we send", () => {
    const bench = Bench.open("server");
    bench.endpoint.startMessage("binary");
    bench.endpoint.sendFragment(new Uint8Array([1]), false);
    bench.feed(masked(0x9, [7]));
    bench.endpoint.sendFragment(new Uint8Array([2]), true);
    bench.turn();
    expect(bench.sent().map(({ opcode }) => opcode)).toEqual([0x2, 0xa, 0x0]);
  });

  test("a pair of surrogates parted by string fragments is one character", () => {
    const bench = Bench.open("server");
    bench.endpoint.startMessage("text");
    bench.endpoint.sendFragment("a\ud83d", false);
    bench.endpoint.sendFragment("\ude00b", true);
    bench.turn();
    const [first, second] = bench.sent();
    expect(concat(first!.payload, second!.payload)).toEqual(bytesOf("a😀b"));
  });
});

test("a message behind a control frame that arrived in two chunks is read from the second chunk", () => {
  const bench = Bench.open("server");
  const octets = concat(masked(0x9, [1, 2, 3, 4]), masked(0x2, [5, 6]));
  expect([...bench.feed(octets.slice(0, 8)), ...bench.feed(octets.slice(8))]).toEqual([
    { step: "ping", payload: [1, 2, 3, 4] },
    { step: "binary", bytes: [5, 6] },
  ]);
});

describe("pieces, as they arrive", () => {
  test("bytes are delivered before their frame and their message are whole", () => {
    const bench = Bench.open("server", { pieces: true });
    const octets = masked(0x1, "Hello", { fin: false });
    expect(bench.feed(octets.slice(0, 8))).toEqual([
      { step: "piece", of: "text", bytes: [0x48, 0x65], final: false },
    ]);
    expect(bench.feed(octets.slice(8))).toEqual([
      { step: "piece", of: "text", bytes: [0x6c, 0x6c, 0x6f], final: false },
    ]);
    expect(bench.feed(masked(0x0))).toEqual([
      { step: "piece", of: "text", bytes: [], final: true },
    ]);
  });

  test("every byte before a bad one is delivered, and then the violation", () => {
    const bench = Bench.open("server", { pieces: true });
    expect(bench.feed(masked(0x1, [0x61, 0xe2, 0x82, 0x41]))).toEqual([
      { step: "piece", of: "text", bytes: [0x61, 0xe2, 0x82], final: false },
      { step: "violation", kind: "text-not-utf8", offset: 9 },
    ]);
  });

  test("what is sent in answer to a piece before a bad byte still leaves", () => {
    const { endpoint } = Bench.open("server", { pieces: true });
    endpoint.receive(masked(0x1, [0x61, 0xff]), 0);
    expect(endpoint.next()).toBe(Step.Text);
    expect(endpoint.final).toBe(false);
    expect(endpoint.sendText("got it")).toBe("queued");
    expect(endpoint.next()).toBe(Step.Violation);
    expect(endpoint.sendText("still before our Close")).toBe("queued");
    expect(endpoint.next()).toBe(Step.Idle);
    expect(endpoint.sendText("too late")).toBe("closed");
  });

  test("a whole message in one chunk is one final piece", () => {
    const bench = Bench.open("client", { pieces: true });
    expect(bench.feed(unmasked(0x2, [1, 2]))).toEqual([
      { step: "piece", of: "binary", bytes: [1, 2], final: true },
    ]);
  });
});

describe("ownership", () => {
  test("the caller's chunk is never modified, nor needed after the turn", () => {
    const bench = Bench.open("server");
    const octets = masked(0x2, bytes(300));
    const chunk = octets.slice(0, 200);
    bench.endpoint.receive(chunk, 0);
    bench.turn();
    expect(chunk).toEqual(octets.slice(0, 200));
    chunk.fill(0xee);
    expect(bench.feed(octets.slice(200))).toEqual([{ step: "binary", bytes: bytes(300) }]);
  });

  test("the caller's payload is never modified, and may be changed after the call", () => {
    const bench = Bench.open("client");
    const payload = Uint8Array.from(bytes(5000));
    bench.endpoint.sendBinary(payload);
    expect([...payload]).toEqual(bytes(5000));
    payload.fill(0);
    bench.turn();
    expect([...bench.sent()[0]!.payload]).toEqual(bytes(5000));
  });

  test("a chunk larger than the scratch memory is taken in slices, and may be reused after the turn", () => {
    const bench = Bench.open("server");
    const messages = Array.from({ length: 300 }, (_, index) => masked(0x2, bytes(index * 3)));
    const chunk = concat(...messages);
    expect(chunk.length).toBeGreaterThan(2 * 65_536);
    bench.endpoint.receive(chunk, 0);
    const told = bench.turn();
    expect(told.map((one) => (one.step === "binary" ? one.bytes.length : -1))).toEqual(
      messages.map((_, index) => index * 3),
    );
  });

  test("two endpoints in one turn, one inside the other, do not disturb each other", () => {
    const outer = Bench.open("server");
    const inner = Bench.open("server");
    outer.endpoint.receive(masked(0x1, "outer"), 0);
    expect(outer.endpoint.next()).toBe(Step.Text);
    expect(inner.feed(masked(0x1, "inner"))).toEqual([{ step: "text", text: "inner" }]);
    expect(outer.endpoint.text).toBe("outer");
  });

  test("bytes read straight into the inbox are received like a chunk", () => {
    const bench = Bench.open("server");
    const octets = concat(masked(0x1, "in"), masked(0x2, bytes(400)));
    const told = [octets.slice(0, 10), octets.slice(10)].flatMap((part) => {
      bench.endpoint.inbox.set(part);
      bench.endpoint.received(part.length, 0);
      return bench.turn();
    });
    expect(told).toEqual([
      { step: "text", text: "in" },
      { step: "binary", bytes: bytes(400) },
    ]);
  });

  test("the inbox is refused while another endpoint stands on it", () => {
    const one = Bench.open("server").endpoint;
    const other = Bench.open("server").endpoint;
    one.inbox.set(masked(0x1, "mine"));
    one.received(10, 0);
    expect(one.next()).toBe(Step.Text);
    expect(() => other.received(10, 0)).toThrow(/inbox/);
    expect(one.text).toBe("mine");
    expect(one.next()).toBe(Step.Idle);
    other.inbox.set(masked(0x1, "next"));
    other.received(10, 0);
    expect([other.next(), other.text]).toEqual([Step.Text, "next"]);
    other.next();
  });

  test.each([
    ["in one read", 1_000],
    ["gathered from many", 1_000_000],
  ])(
    "the bytes of another endpoint stay as they are until they are sent, also those of a view: %s",
    (_how, length) => {
      const open = (): Endpoint => Bench.open("server", { referenceFrom: 100 }).endpoint;
      const receive = (endpoint: Endpoint, value: number, onMessage: () => void): void => {
        const frame = Uint8Array.from(masked(0x2, new Uint8Array(length).fill(value)));
        for (let at = 0; at < frame.length; at += 65_536) {
          endpoint.receive(frame.subarray(at, at + 65_536), 0);
          while (endpoint.next() === Step.Binary) onMessage();
        }
      };
      const [from, whole, view] = [open(), open(), open()];
      receive(from, 7, () => {
        whole.sendBinary(from.chunk, from.start, from.end);
        view.sendBinary(from.chunk.subarray(from.start, from.end));
      });
      const lent = [whole, view].map((endpoint) => endpoint.transmit(0)!.chunks);
      // What is received next lies where this lay.
      for (const endpoint of [from, open()]) receive(endpoint, 9, () => {});
      for (const chunks of lent) {
        const [frame] = parseFrames(Uint8Array.from(chunks.flatMap((chunk) => [...chunk])));
        expect(frame!.payload.length).toBe(length);
        expect(frame!.payload.every((byte) => byte === 7)).toBe(true);
      }
    },
  );

  test("a server queues the caller's own array from referenceFrom on, a client and the engine's memory never", () => {
    const payload = new Uint8Array(100).fill(7);
    for (const [role, isReferenced] of [
      ["server", true],
      ["client", false],
    ] as const) {
      const { endpoint } = Bench.open(role, { referenceFrom: 100 });
      endpoint.sendBinary(payload);
      const { chunks } = endpoint.transmit(0)!;
      expect(chunks.some((chunk) => chunk.buffer === payload.buffer)).toBe(isReferenced);
      endpoint.sent(0);
    }
    const { endpoint } = Bench.open("server", { referenceFrom: 100 });
    endpoint.receive(masked(0x2, payload), 0);
    expect(endpoint.next()).toBe(Step.Binary);
    endpoint.sendBinary(endpoint.chunk, endpoint.start, endpoint.end);
    const { chunks } = endpoint.transmit(0)!;
    expect(chunks.some((chunk) => chunk.buffer === endpoint.chunk.buffer)).toBe(false);
  });

  test("what is sent in one turn leaves in one contiguous chunk", () => {
    const { endpoint } = Bench.open("server");
    for (let index = 0; index < 100; index += 1) endpoint.sendText(`message ${index}`);
    expect(endpoint.transmit(0)!.chunks).toHaveLength(1);
  });
});
