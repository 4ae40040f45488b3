import { expect, test } from "vitest";
import { adapter, runtime } from "./adapter.ts";

/** Whoever changes the name of the package in an import shall have to change nothing else. */
const COMMON = [
  "CloseEvent",
  "ConnectError",
  "ConnectionError",
  "MisuseError",
  "ServerError",
  "WebSocket",
  "WebSocketError",
  "WebSocketStream",
  "connect",
  "createServer",
  "deflate",
  "fromStreams",
  "prepare",
  "serve",
];

/** For sockets that only this runtime has. */
const OWN = { node: ["NodeServer", "fromDuplex"], deno: ["fromConn"], bun: [] };

test("this adapter exports what all of them do, and of its own only what is for its runtime's sockets", () => {
  expect(Object.keys(adapter).sort()).toEqual([...COMMON, ...OWN[runtime]].sort());
});

test("every export is a function or a class", () => {
  const kinds = Object.entries(adapter).filter(([, value]) => typeof value !== "function");
  expect(kinds).toEqual([]);
});
