/** Every method that applications call judges what it is given: an odd value is a MisuseError, and never another exception. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { breachesOf, ODD_VALUES, type PublicEntry } from "../../core/test/odd-values.ts";
import {
  fromStreams,
  intakeOf,
  MisuseError,
  prepare,
  type Socket,
  type UpgradeRequest,
} from "../src/index.ts";
import { createAdapter } from "./adapter.ts";
import { plain, RawClient, UPGRADE } from "./server/raw-client.ts";
import { Stage, settle, VirtualRuntime } from "./stage.ts";

const STRINGS = ["empty", "string", "lines", "emoji"];
const ANYTHING = Object.keys(ODD_VALUES);
const NO_MEMBERS = ["{}", "bare", "thrower"];

function openSocket(): Socket<undefined> {
  const stage = new Stage({ message() {}, error() {} });
  new RawClient(stage).says(UPGRADE);
  return stage.server.sockets[0]!;
}

/** Calls what `act` does with the request while its hook runs. */
function asked(act: (request: UpgradeRequest<undefined>) => void): void {
  let failure: unknown = null;
  const stage = new Stage({
    upgrade(request) {
      try {
        act(request as UpgradeRequest<undefined>);
      } catch (error) {
        failure = error;
      }
      return false;
    },
    error() {},
  });
  new RawClient(stage).says(UPGRADE.replace("\r\n\r\n", "\r\nSec-WebSocket-Protocol: odd\r\n\r\n"));
  if (failure !== null) throw failure;
}

const streams = () => ({
  readable: new ReadableStream(),
  writable: new WritableStream(),
  close: () => {},
  remoteAddress: null,
  tls: null,
});

const ENTRIES: Readonly<Record<string, PublicEntry>> = {
  "socket.write": {
    call: (data) => openSocket().write(data),
    right: () => ["a"],
    takes: { 0: STRINGS },
  },
  "socket.send": {
    call: (data) => openSocket().send(data),
    right: () => ["a"],
    takes: { 0: STRINGS },
  },
  "socket.sendStream": {
    call: (source, options) => openSocket().sendStream(source, options),
    right: () => [["a"], { type: "text" }],
    takes: {
      0: ANYTHING.filter((name) => name.startsWith("[")),
      1: ["undefined", "{}", "bare"],
      "1.type": ["undefined"],
    },
  },
  "socket.ping": {
    call: (payload) => openSocket().ping(payload),
    right: () => [new Uint8Array(1)],
    takes: { 0: ["undefined", "null"] },
  },
  "socket.close": {
    call: (code, reason) => openSocket().close(code, reason),
    right: () => [1000, "a"],
    takes: { 0: ["undefined"], 1: ["undefined", ...STRINGS] },
  },
  "server.accept": {
    call: (open) => new Stage({}).server.accept(open),
    right: () => [streams2()],
    takes: {},
  },
  "server.shutdown": {
    call: (options) => void new Stage({}).server.shutdown(options),
    right: () => [{ code: 1001, reason: "", grace: 5 }],
    takes: {
      0: ["undefined", ...NO_MEMBERS.slice(0, 2)],
      "0.code": ["undefined"],
      "0.reason": ["undefined", ...STRINGS],
      "0.grace": ["undefined", "0", "1.5", "Infinity"],
    },
  },
  "server.setTls": {
    call: (tls) => secured().setTls(tls),
    right: () => [
      {
        cert: "PEM",
        key: "PEM",
        passphrase: "a",
        serverNames: { "a.example": { cert: "PEM", key: "PEM" } },
        requestCert: true,
        ca: "PEM",
        rejectUnauthorized: false,
        minVersion: "TLSv1.2",
        maxVersion: "TLSv1.3",
        ciphers: "a",
      },
    ],
    takes: {
      "0.cert": STRINGS.slice(1),
      "0.key": STRINGS.slice(1),
      "0.passphrase": ["undefined", ...STRINGS.slice(1)],
      "0.serverNames": ["undefined", ...NO_MEMBERS.slice(0, 2)],
      "0.requestCert": ["true"],
      "0.ca": ["undefined", "[]", "[string]", ...STRINGS.slice(1)],
      "0.rejectUnauthorized": ["undefined", "true"],
      "0.minVersion": ["undefined"],
      "0.maxVersion": ["undefined"],
      "0.ciphers": ["undefined", ...STRINGS.slice(1)],
    },
  },
  "request.accept": {
    call: (options) => asked((request) => request.accept(options)),
    right: () => [{ data: undefined, protocol: "odd", headers: [["A", "b"]] }],
    takes: {
      0: ["undefined", "{}", "bare"],
      "0.data": ANYTHING,
      "0.protocol": ["undefined", "empty", "string"],
      "0.headers": ["undefined", "[]", "{}", "bare"],
    },
  },
  "request.reject": {
    call: (status, options) => asked((request) => request.reject(status, options)),
    right: () => [403, { headers: [["A", "b"]], body: "a" }],
    takes: {
      0: ["undefined"],
      1: ["undefined", "{}", "bare"],
      "1.headers": ["undefined", "[]", "{}", "bare"],
      "1.body": ["undefined", ...STRINGS],
    },
  },
  prepare: { call: prepare, right: () => ["a"], takes: { 0: STRINGS } },
  fromStreams: {
    call: fromStreams,
    right: () => [streams()],
    takes: {
      "0.close": ["undefined", "function"],
      "0.remoteAddress": ["undefined", "null", "{}", "bare", "{odd}", "{symbols}", "thrower"],
      "0.tls": ["undefined", "null", "{}", "bare", "{odd}", "{symbols}", "thrower"],
    },
  },
};

/** A server whose listener takes every TLS. */
function secured(): Stage["server"] {
  const { server } = new Stage({});
  intakeOf(server).listening({
    address: { hostname: "::", port: 443 },
    close: async () => {},
    setTls() {},
  });
  return server;
}

function streams2(): unknown {
  return fromStreams(streams());
}

describe("a method that is given an odd value", () => {
  for (const [name, entry] of Object.entries(ENTRIES)) {
    test(`${name} throws a MisuseError, and takes what is lawful`, async () => {
      expect(() => entry.call(...(entry.right() as never[]))).not.toThrow();
      const breaches = breachesOf(entry, (error) => error instanceof MisuseError);
      expect(breaches.join("\n")).toBe("");
      await settle();
    });
  }

  test("is in the table, if it is public and has arguments", () => {
    const source = (name: string) =>
      readFileSync(new URL(`../src/${name}`, import.meta.url), "utf8");
    /** A comment, and the name of the method behind it, which is neither private nor a getter and has arguments. */
    const method =
      /\n( {2}\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)? {2}(?:async )?([a-z]\w*)(?:<\w+>)?\(\s*[^)\s]/g;
    const declarationOf = (type: string, name: string): string => {
      const text = source(name);
      const begin = text.search(new RegExp(`^export (class|interface) ${type}\\b`, "m"));
      return text.slice(begin, text.indexOf("\n}\n", begin));
    };
    const publicMethods = (what: string, type: string, name: string) =>
      [...declarationOf(type, name).matchAll(method)]
        .map(([, , called]) => `${what}.${called}`)
        .filter((called) => !called.endsWith(".constructor"));
    const all = [
      ...publicMethods("socket", "Socket", "socket/socket.ts"),
      ...publicMethods("server", "Server", "server/server.ts"),
      ...publicMethods("request", "UpgradeRequest", "server/upgrade-request.ts"),
    ];
    expect(all).toEqual(
      expect.arrayContaining(["socket.write", "server.accept", "request.accept"]),
    );
    expect(all.filter((name) => !Object.hasOwn(ENTRIES, name))).toEqual([]);
  });

  test.each(Object.entries(ODD_VALUES))(
    "is a request hook's answer of %s: 500, or taken",
    async (_, odd) => {
      const codes: string[] = [];
      const stage = new Stage({
        request: () => odd as never,
        error: (_socket, error) => void codes.push(error.code),
      });
      const client = await plain(stage, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      await settle();
      expect([200, 500]).toContain(client.status);
      expect(codes).toEqual(client.status === 500 ? ["hook-failed"] : []);
    },
  );

  test.each(Object.entries(ODD_VALUES))(
    "is a URL of %s: connect rejects with a MisuseError",
    async (_, odd) => {
      const dialer = { dial: () => Promise.reject(new Error("no network here")) };
      const listen = () => ({ address: { hostname: "::", port: 80 }, close: async () => {} });
      const { connect } = createAdapter({ runtime: new VirtualRuntime(), dialer, listen });
      const error = await connect(odd as never).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(MisuseError);
    },
  );
});
