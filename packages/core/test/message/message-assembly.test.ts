/** RFC 6455 §5.4, §8.1: how frames make a message, on the floor that knows no connection. */
import { describe, expect, test } from "vitest";
import { Gathering, releaseBytes } from "../../src/bytes/growing-bytes.ts";
import { KERNELS } from "../../src/bytes/kernels.ts";
import { UTF8_ACCEPT } from "../../src/bytes/utf8-validation.ts";
import { Opcode } from "../../src/frame/opcode.ts";
import {
  createMessageAssembly,
  gather,
  judgeSequence,
  judgeText,
  type MessageAssembly,
  roomInMessage,
} from "../../src/message/message-assembly.ts";

function under(opcode: number, fragments: number): MessageAssembly {
  const message = createMessageAssembly(opcode, false, 0);
  message.fragments = fragments;
  return message;
}

describe("the sequence of frames (§5.4)", () => {
  for (const { opcode, underWay, limit, verdict, because } of [
    {
      opcode: Opcode.Text,
      underWay: null,
      limit: 1,
      verdict: null,
      because: "a message may begin",
    },
    { opcode: Opcode.Binary, underWay: null, limit: 1, verdict: null, because: "of either type" },
    {
      opcode: Opcode.Continuation,
      underWay: null,
      limit: 9,
      verdict: "continuation-unexpected",
      because: "there is nothing to continue",
    },
    {
      opcode: Opcode.Continuation,
      underWay: under(Opcode.Text, 1),
      limit: 2,
      verdict: null,
      because: "a message goes on",
    },
    {
      opcode: Opcode.Continuation,
      underWay: under(Opcode.Text, 2),
      limit: 2,
      verdict: "too-many-fragments",
      because: "it has as many frames as it may have",
    },
    {
      opcode: Opcode.Text,
      underWay: under(Opcode.Text, 1),
      limit: 9,
      verdict: "continuation-missing",
      because: "fragments of two messages are not interleaved",
    },
    {
      opcode: Opcode.Binary,
      underWay: under(Opcode.Text, 1),
      limit: 9,
      verdict: "continuation-missing",
      because: "nor of messages of two types",
    },
  ] as const) {
    test(`${verdict ?? "right"}: ${because}`, () => {
      expect(judgeSequence(opcode, underWay, limit)).toBe(verdict);
    });
  }
});

describe("text over several pieces (§8.1)", () => {
  function judged(...pieces: number[][]): { bad: number; isWhole: boolean } {
    const message = createMessageAssembly(Opcode.Text, false, 0);
    let bad = -1;
    for (const piece of pieces) {
      bad = judgeText(message, KERNELS, Uint8Array.from(piece), 0, piece.length);
      if (bad >= 0) break;
    }
    return { bad, isWhole: message.utf8State === UTF8_ACCEPT };
  }

  test("is judged as one text, wherever a character is parted", () => {
    expect(judged([0xf0], [0x9f, 0x98], [], [0x80])).toEqual({ bad: -1, isWhole: true });
    expect(judged([0xf0], [0x9f, 0x98])).toEqual({ bad: -1, isWhole: false });
  });

  test("is bad at the byte of the piece that spoils the character of the piece before", () => {
    expect(judged([0x61, 0xe2], [0x82, 0x61]).bad).toBe(1);
    expect(judged([0xe2], [0x61]).bad).toBe(0);
  });

  test("is judged from start to end of a piece, and by that piece's own index", () => {
    const message = createMessageAssembly(Opcode.Text, false, 0);
    expect(judgeText(message, KERNELS, Uint8Array.of(0xff, 0x61, 0xff), 1, 2)).toBe(-1);
    expect(judgeText(message, KERNELS, Uint8Array.of(0xff, 0x61, 0xff), 1, 3)).toBe(2);
  });
});

describe("gathering", () => {
  test("begins with the first byte, not with the frame", () => {
    const message = createMessageAssembly(Opcode.Binary, false, 0);
    gather(message, new Uint8Array(0));
    expect(message.gathered).toBeNull();
    gather(message, Uint8Array.of(2, 3));
    gather(message, Uint8Array.of(4));
    expect([...message.gathered!.bytes.slice(0, message.gathered!.length)]).toEqual([2, 3, 4]);
  });

  test("has room for the next bytes behind those before, and counts only what was written", () => {
    const message = createMessageAssembly(Opcode.Binary, false, 0);
    for (const value of [1, 2, 3]) {
      const gathered = roomInMessage(message, 50_000, 50_000, Gathering.Kept);
      const at = gathered.start + gathered.length;
      expect(gathered.bytes.length - at).toBeGreaterThanOrEqual(50_000);
      gathered.bytes.fill(value, at, at + 50_000);
      gathered.length += 50_000;
    }
    const { bytes, start, length } = message.gathered!;
    expect(length).toBe(150_000);
    expect([start, start + 50_000, start + length - 1].map((index) => bytes[index])).toEqual([
      1, 2, 3,
    ]);
    releaseBytes(message.gathered!);
  });
});
