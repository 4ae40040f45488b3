/** Answers to the opening handshake, right and wrong, for a client to judge. */
import type { Step } from "@sansocket/workshop/raw-connection";
import { answer, switching, text } from "@sansocket/workshop/server-bytes";
import {
  asked,
  CLOSED,
  CUT_OFF,
  end,
  goodbye,
  MAY_END_FIRST,
  open,
  reset,
  type ServerProgram,
} from "./server-program.ts";

type Sent = Extract<Step, { readonly send: unknown }>["send"];

/** Answers with this, which opens nothing, and ends. */
function answered(title: string, ends: string, send: Sent, options = {}): ServerProgram {
  return { title, ends, server: [asked, { send }, end], options, endDiffers: CUT_OFF };
}

/** RFC 6455 §4.1 and §4.2.2: answers that a client must take. */
export const ANSWERS_TO_TAKE: readonly ServerProgram[] = [
  { title: "101 and a Close", ends: "clean 1000", server: [asked, open, ...CLOSED] },
  {
    title: "101 with its first frames in one write",
    ends: "clean 1000",
    server: [asked, { send: switching({}, [text("x"), goodbye]) }, { frames: 1 }, end],
  },
  {
    title: "101 byte by byte, with its first frames",
    ends: "clean 1000",
    server: [
      asked,
      { send: switching({}, [text("x"), goodbye]), byteByByte: true },
      { frames: 1 },
      end,
    ],
  },
  {
    title: "101 with half a frame behind it",
    ends: "clean 1000",
    server: [
      asked,
      { send: switching({}, [text("hello").subarray(0, 4)]) },
      { send: Buffer.concat([text("hello").subarray(4), goodbye]) },
      { frames: 1 },
      end,
    ],
  },
  ...(
    [
      ["the words in other cases", { Upgrade: "WebSocket", Connection: "upgrade" }],
      ["Connection with more than it needs", { Connection: "keep-alive, Upgrade" }],
      ["lines that mean nothing to us", { Server: "x", "Set-Cookie": "a=1", Date: "never" }],
      ["spaces around a value", { Upgrade: "  websocket \t" }],
    ] as const
  ).map(([title, fields]): ServerProgram => {
    return {
      title: `101 with ${title}`,
      ends: "clean 1000",
      server: [asked, { send: switching(fields) }, ...CLOSED],
    };
  }),
  {
    title: "101 without a reason phrase",
    ends: "clean 1000",
    server: [asked, { send: switching({}, [], "HTTP/1.1 101 ") }, ...CLOSED],
  },
  {
    title: "interim answers before the 101",
    ends: "clean 1000",
    server: [
      asked,
      { send: answer("HTTP/1.1 103 Early Hints", { Link: "</a.css>" }) },
      { send: answer("HTTP/1.1 100 Continue") },
      open,
      ...CLOSED,
    ],
  },
  {
    title: "a subprotocol of those that were offered",
    ends: "clean 1000",
    options: { protocols: ["a", "chat"], headers: { Origin: "https://a.example" } },
    client: [["protocol"], ["recount"]],
    server: [asked, { send: switching({ "Sec-WebSocket-Protocol": "chat" }) }, ...CLOSED],
  },
];

/** What a client must fail the connection for, and what is no 101. */
export const ANSWERS_TO_REFUSE: readonly ServerProgram[] = [
  answered(
    "403, with a body",
    "refused 403",
    answer("HTTP/1.1 403 Forbidden", { "Content-Length": "2" }, "no"),
  ),
  answered(
    "503, with a body in chunks",
    "refused 503",
    answer(
      "HTTP/1.1 503 Busy",
      { "Transfer-Encoding": "chunked" },
      "4\r\nbusy\r\n3;a=b\r\n!!!\r\n0\r\nX: y\r\n\r\n",
    ),
  ),
  answered(
    "200, with a body up to the end",
    "refused 200",
    answer("HTTP/1.1 200 OK", { "Content-Type": "text/html" }, "<html>"),
  ),
  answered(
    "500, with a body longer than is kept",
    "refused 500",
    answer("HTTP/1.1 500 No", { "Content-Length": "100000" }, "x".repeat(100_000)),
  ),
  answered(
    "500, with a body that ends early",
    "refused 500",
    answer("HTTP/1.1 500 No", { "Content-Length": "10" }, "four"),
  ),
  {
    title: "500, with a body that nobody ends",
    ends: "refused 500",
    timeouts: { refusalBody: 300 },
    server: [asked, { send: answer("HTTP/1.1 500 No", { "Content-Length": "10" }, "four") }],
    endDiffers: CUT_OFF,
  },
  answered(
    "426",
    "refused 426",
    answer("HTTP/1.1 426 Upgrade Required", { "Sec-WebSocket-Version": "13" }),
  ),
  answered(
    "a redirect, which nobody asked to follow",
    "refused 302",
    answer("HTTP/1.1 302 Found", { Location: "/elsewhere", "Content-Length": "0" }),
  ),
  answered(
    "a redirect without a Location",
    "redirect-refused 307",
    answer("HTTP/1.1 307 Temporary Redirect", { "Content-Length": "0" }),
    { redirects: 1 },
  ),
  ...(
    [
      ["without Upgrade", { Upgrade: "" }],
      ["to something else", { Upgrade: "h2c" }],
      ["without Connection", { Connection: "" }],
      ["with Connection: close", { Connection: "close" }],
      ["without the accepted key", { "Sec-WebSocket-Accept": "" }],
      ["with the key of somebody else", { "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" }],
      ["with a subprotocol that was not offered", { "Sec-WebSocket-Protocol": "other" }],
      ["with an extension that was not offered", { "Sec-WebSocket-Extensions": "x-own" }],
    ] as const
  ).map(([title, fields]) => answered(`101 ${title}`, "violation 101", switching(fields))),
  answered("101 of HTTP/1.0", "violation 101", switching({}, [], "HTTP/1.0 101 Switching")),
  answered("101 of HTTP/2", "violation 0", switching({}, [], "HTTP/2 101 Switching")),
  answered("a status of four digits", "violation 0", switching({}, [], "HTTP/1.1 1010 Switching")),
  answered("no HTTP", "violation 0", "SSH-2.0-OpenSSH_9.6\r\n\r\n"),
  answered("bare LFs", "violation 0", "HTTP/1.1 403 Forbidden\nContent-Length: 0\n\n"),
  answered("a line that is no field", "violation 0", "HTTP/1.1 403 No\r\nnonsense\r\n\r\n"),
  answered(
    "a field that goes on in the next line",
    "refused 403",
    answer("HTTP/1.1 403 No", { "X-Own": "a\r\n b", "Content-Length": "0" }),
  ),
  answered(
    "a redirect with 9 KB of Location",
    "refused 302",
    answer("HTTP/1.1 302 Found", { Location: `/${"x".repeat(9_000)}`, "Content-Length": "0" }),
  ),
  answered("a head that is too long", "violation 0", switching({ "X-Own": "x".repeat(300_000) })),
  answered(
    "too many header lines",
    "violation 0",
    `HTTP/1.1 403 Forbidden\r\n${"X: y\r\n".repeat(1_100)}\r\n`,
  ),
  { title: "nothing, and the end", ends: "ended 0", server: [asked, end] },
  {
    title: "a part of a head, and the end",
    ends: "ended 0",
    server: [asked, { send: "HTTP/1.1 101 Switching Protocols\r\nUpgr" }, end],
  },
  {
    title: "a reset in place of an answer",
    ends: "ended 0",
    server: [asked, reset],
    plainOnly: MAY_END_FIRST,
  },
  {
    title: "silence",
    ends: "timeout 0",
    timeouts: { handshake: 300 },
    server: [asked],
    endDiffers: CUT_OFF,
  },
  {
    title: "a part of a head, and silence",
    ends: "timeout 0",
    timeouts: { handshake: 300 },
    server: [asked, { send: "HTTP/1.1 101 Switching Protocols\r\nUpgr" }],
    endDiffers: CUT_OFF,
  },
];
