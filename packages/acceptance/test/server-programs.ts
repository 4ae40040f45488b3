/** Servers that behave and servers that do not, for a client to say what it thinks of them. */

import type { Step } from "@sansocket/workshop/raw-connection";
import { close, frame, pong, switching, text } from "@sansocket/workshop/server-bytes";
import { pattern } from "../programs/messages.mjs";
import { ANSWERS_TO_REFUSE, ANSWERS_TO_TAKE } from "./answer-programs.ts";
import {
  asked,
  CUT_OFF,
  end,
  goodbye,
  MAY_END_FIRST,
  open,
  reset,
  type ServerProgram,
} from "./server-program.ts";

const recount = ["recount"];

/** Opens, says this, lets the client answer with one frame, and ends. */
function opened(title: string, ends: string, ...frames: readonly Uint8Array[]): ServerProgram {
  const said: Step = { send: Buffer.concat(frames) };
  return { title, ends, server: [asked, open, said, { frames: 1 }, end] };
}

const MESSAGES: readonly ServerProgram[] = [
  ...["", "hello", "grüße, 世界 😀", "x".repeat(125), "x".repeat(126), "x".repeat(70_000)].map(
    (payload) =>
      opened(`text of ${payload.length} characters`, "clean 1000", text(payload), goodbye),
  ),
  ...[0, 125, 126, 65_535, 65_536, 1_048_576].map((length) =>
    opened(`${length} bytes`, "clean 1000", frame(0x82, pattern(length)), goodbye),
  ),
  {
    title: "messages byte by byte",
    ends: "clean 1000",
    server: [
      asked,
      open,
      {
        send: Buffer.concat([text("grüße"), frame(0x82, pattern(130)), goodbye]),
        byteByByte: true,
      },
      { frames: 1 },
      end,
    ],
  },
  opened(
    "a message in three fragments, some of them empty",
    "clean 1000",
    frame(0x01, "a"),
    frame(0x00),
    frame(0x00, "b"),
    frame(0x80),
    goodbye,
  ),
  opened(
    "a character in two fragments",
    "clean 1000",
    frame(0x01, Uint8Array.of(0xe4, 0xb8)),
    frame(0x80, Uint8Array.of(0x96)),
    goodbye,
  ),
  {
    title: "control between fragments",
    ends: "clean 1000",
    server: [
      asked,
      open,
      {
        send: Buffer.concat([
          frame(0x01, "a"),
          frame(0x89, "ping"),
          frame(0x00, "b"),
          frame(0x8a, "unasked"),
          frame(0x89),
          frame(0x80, "c"),
          goodbye,
        ]),
      },
      { frames: 3 },
      end,
    ],
  },
  {
    title: "what the client sends: text, bytes, fragments, a ping",
    ends: "clean 4001",
    client: [
      ["text", ""],
      ["text", "grüße, 世界 😀"],
      ["text", "x".repeat(126)],
      ["bytes", 0],
      ["bytes", 65_535],
      ["bytes", 65_536],
      ["bytes", 1_048_576],
      ["stream", ["frag", "", "ments"]],
      ["ping"],
      recount,
    ],
    server: [
      asked,
      open,
      { frames: 11 },
      { send: pong },
      { send: close(4001, "enough") },
      { frames: 12 },
      end,
    ],
  },
  {
    title: "each message is answered before the next",
    ends: "clean 1000",
    client: [
      ["receive"],
      ["text", "one"],
      ["receive"],
      ["text", "two"],
      ["close", 1000, "done"],
      recount,
    ],
    server: [
      asked,
      open,
      { send: text("1") },
      { frames: 1 },
      { send: text("2") },
      { frames: 3 },
      { send: goodbye },
      end,
    ],
  },
];

const BROKEN: readonly (readonly [what: string, ...frames: Uint8Array[]])[] = [
  ["masked", frame(0x81, "x", { key: [1, 2, 3, 4] })],
  ["a message, and then one that is masked", text("good"), frame(0x81, "x", { key: [1, 2, 3, 4] })],
  ...[0x83, 0x87, 0x8b, 0x8f].map((first) => [`opcode ${first & 15}`, frame(first, "x")] as const),
  ...[0xc1, 0xa1, 0x91, 0xf1].map(
    (first) => [`RSV bits 0x${(first & 0x70).toString(16)}`, frame(first, "x")] as const,
  ),
  ["a ping in fragments", frame(0x09, "x")],
  ["a ping of 126 bytes", frame(0x89, pattern(126))],
  ["a continuation of nothing", frame(0x80, "x")],
  ["a message within a message", frame(0x01, "a"), text("b")],
  ["text that is no UTF-8", frame(0x81, Uint8Array.of(0x61, 0xff, 0x61))],
  ["text that ends within a character", frame(0x81, Uint8Array.of(0xe4, 0xb8))],
  ["a surrogate as UTF-8", frame(0x81, Uint8Array.of(0xed, 0xa0, 0x80))],
  ["the second fragment is no UTF-8", frame(0x01, "a"), frame(0x80, Uint8Array.of(0xff))],
  ["a length in 16 bits that fits into 7", frame(0x81, "x", { form: 16 })],
  ["a length in 64 bits that fits into 16", frame(0x81, "x".repeat(200), { form: 64 })],
  ["a length with its highest bit set", frame(0x82, "", { announced: 1n << 63n })],
  ["a message above the limit", frame(0x82, "", { announced: 3_000_000n })],
  [
    "fragments above the limit",
    frame(0x02, pattern(1_500_000)),
    frame(0x80, "", { announced: 1_000_000n }),
  ],
  ["a Close of one byte", frame(0x88, "x")],
  ...[0, 999, 1004, 1005, 1006, 1015, 2999, 5000].map(
    (code) => [`close code ${code}`, close(code)] as const,
  ),
  ["a close reason that is no UTF-8", close(1000, Uint8Array.of(0xff))],
  ["bytes behind a violation", frame(0x83, "x"), text("dropped"), frame(0x89, "dropped")],
];

const VIOLATIONS: readonly ServerProgram[] = BROKEN.map(([what, ...frames]) =>
  opened(`${what} is a violation`, "violation 1006", ...frames),
);

const ENDINGS: readonly ServerProgram[] = [
  opened("a Close without a code", "clean 1005", close()),
  ...[1001, 1012, 3000, 4999].map((code) =>
    opened(`a Close of ${code}`, `clean ${code}`, close(code, "so")),
  ),
  opened("a Close with the longest reason", "clean 1000", close(1000, "x".repeat(123))),
  opened("frames behind a Close", "clean 1000", goodbye, text("dropped"), frame(0x89, "dropped")),
  opened("1 MiB behind a Close", "clean 1000", goodbye, pattern(1_048_576)),
  opened("1 MiB behind a violation", "violation 1006", frame(0x83), pattern(1_048_576)),
  {
    title: "a Close, and the end at once",
    ends: "clean 1000",
    server: [asked, open, { send: goodbye }, end],
  },
  {
    title: "a Close, and no end",
    ends: "clean 1000",
    timeouts: { close: 300 },
    server: [asked, open, { send: goodbye }, { frames: 1 }],
    endDiffers: CUT_OFF,
  },
  {
    title: "the client closes, and is answered",
    ends: "clean 4001",
    client: [["close", 4001, "bye"], recount],
    server: [asked, open, { frames: 1 }, { send: close(4001) }, end],
  },
  {
    title: "the client closes without a code, and is answered",
    ends: "clean 1005",
    client: [["close", 1005], recount],
    server: [asked, open, { frames: 1 }, { send: close() }, end],
  },
  {
    title: "both close at the same time",
    ends: "clean 4002",
    client: [["close", 4001, "bye"], recount],
    server: [asked, { send: switching({}, [close(4002, "me too")]) }, { frames: 1 }, end],
  },
  {
    title: "messages and a ping behind the client's Close",
    ends: "clean 1000",
    client: [["text", "x"], ["close", 4001, ""], recount],
    server: [
      asked,
      open,
      { frames: 2 },
      { send: Buffer.concat([text("late"), frame(0x89, "late"), goodbye]) },
      { frames: 3 },
      end,
    ],
  },
  {
    title: "the client closes, and the server leaves without a Close",
    ends: "not clean 1006",
    client: [["close", 4001, ""], recount],
    server: [asked, open, { frames: 1 }, end],
  },
  {
    title: "the client closes, and hears nothing",
    ends: "timeout 1006",
    timeouts: { close: 300 },
    client: [["close", 4001, ""], recount],
    server: [asked, open, { frames: 1 }],
    endDiffers: CUT_OFF,
  },
  {
    title: "the client aborts",
    ends: "aborted 1006",
    client: [["abort"], recount],
    server: [asked, open],
    endDiffers: CUT_OFF,
  },
  {
    title: "the server ends its half after a message",
    ends: "no-close 1006",
    server: [asked, open, { send: text("x") }, end],
  },
  {
    title: "the server ends its half within a frame",
    ends: "no-close 1006",
    server: [asked, open, { send: text("hello").subarray(0, 4) }, end],
  },
  {
    title: "the server ends its half within a message of fragments",
    ends: "no-close 1006",
    server: [asked, open, { send: frame(0x01, "half") }, end],
  },
  {
    title: "the TCP connection ends after a message, behind the back of TLS",
    ends: "no-close 1006",
    server: [asked, open, { send: text("x") }, { cut: true }],
  },
  {
    title: "the server resets",
    ends: "transport-failed 1006",
    client: [["receive"], ["text", "got it"], recount],
    server: [asked, open, { send: text("x") }, { frames: 1 }, reset],
    plainOnly: MAY_END_FIRST,
  },
  {
    title: "the server resets behind the Closes",
    ends: "clean 1000",
    server: [asked, open, { send: goodbye }, { frames: 1 }, reset],
    plainOnly: MAY_END_FIRST,
  },
  {
    title: "silence is asked whether it is there, and left",
    ends: "timeout 1006",
    timeouts: { ping: 50, pong: 100, close: 100 },
    server: [asked, open],
    endDiffers: CUT_OFF,
  },
];

export const SERVER_PROGRAMS: readonly ServerProgram[] = [
  ...ANSWERS_TO_TAKE,
  ...ANSWERS_TO_REFUSE,
  ...MESSAGES,
  ...VIOLATIONS,
  ...ENDINGS,
];
