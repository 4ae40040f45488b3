/** Buffers of another realm, which are no instances of our classes: of `node:vm`, and of test runners that use it. */
import { createContext, runInContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { connected, settle } from "./stage.ts";
import { listening, opened, serving, URL_GIVEN } from "./web/web-stage.ts";

const realm = createContext({});
const foreign = (script: string): ArrayBuffer => runInContext(script, realm) as ArrayBuffer;

test("a buffer of another realm is no instance of ours", () => {
  expect(foreign("new ArrayBuffer(1)") instanceof ArrayBuffer).toBe(false);
});

describe("octets of another realm are octets", () => {
  for (const { what, script, arrives } of [
    { what: "an ArrayBuffer", script: "new Uint8Array([1, 2]).buffer", arrives: [1, 2] },
    { what: "a Uint8Array", script: "new Uint8Array([1, 2])", arrives: [1, 2] },
    { what: "a DataView", script: "new DataView(new Uint8Array([1, 2]).buffer, 1)", arrives: [2] },
  ]) {
    test(`${what}, in send of a WebSocket`, async () => {
      const { options, until } = listening();
      const socket = await opened(options);
      socket.send(foreign(script));
      expect(await until(1)).toEqual([Uint8Array.from(arrives)]);
    });

    test(`${what}, in a write to a WebSocketStream`, async () => {
      const { options, until } = listening();
      const { writable } = await new (serving(options).WebSocketStream)(URL_GIVEN).opened;
      await writable.getWriter().write(foreign(script));
      expect(await until(1)).toEqual([Uint8Array.from(arrives)]);
    });

    test(`${what}, in write and send of a socket`, async () => {
      const { socket, peer } = await connected();
      expect(socket.write(foreign(script))).toBe("ok");
      void socket.send(foreign(script));
      await settle();
      await peer.pump();
      expect(peer.messages).toEqual([Uint8Array.from(arrives), Uint8Array.from(arrives)]);
    });
  }
});

describe("what cannot be sent cannot come from another realm either", () => {
  for (const { what, script } of [
    { what: "a view of shared memory", script: "new Uint8Array(new SharedArrayBuffer(2))" },
    { what: "a resizable buffer", script: "new ArrayBuffer(2, { maxByteLength: 4 })" },
  ]) {
    test(`${what} is a TypeError`, async () => {
      const socket = await opened();
      expect(() => socket.send(foreign(script))).toThrow(TypeError);
    });
  }
});
