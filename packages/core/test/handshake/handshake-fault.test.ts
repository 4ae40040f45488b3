import { describe, expect, test } from "vitest";
import {
  HandshakeFaultKind,
  requestFault,
  responseFault,
} from "../../src/handshake/handshake-fault.ts";

const KINDS: readonly HandshakeFaultKind[] = Object.values(HandshakeFaultKind);

/** Kinds that only a client finds: nobody answers a response. */
const CLIENT_ONLY: readonly HandshakeFaultKind[] = [
  "status-line-malformed",
  "status-not-101",
  "upgrade-not-websocket",
  "accept-missing",
  "accept-duplicate",
  "accept-wrong",
  "protocol-not-offered",
  "protocol-duplicate",
  "response-extensions-malformed",
  "extension-not-offered",
  "extension-duplicate",
  "extension-parameters-refused",
  "upgrade-not-requested",
];

/** The statuses that are not 400, each with the sentence that asks for it. */
const STATUSES: Readonly<Partial<Record<HandshakeFaultKind, number>>> = {
  "origin-refused": 403, // RFC 6455 §10.2
  "method-not-get": 405, // RFC 9110 §15.5.6
  "request-line-too-long": 414, // RFC 9112 §3
  "host-refused": 421, // RFC 9110 §7.4
  "version-unsupported": 426, // RFC 6455 §4.2.2
  "upgrade-missing": 426, // RFC 9110 §15.5.22
  "head-too-large": 431, // RFC 6585 §5
  "line-too-long": 431,
  "too-many-headers": 431,
  "http-version-unsupported": 505, // RFC 9110 §15.6.6
};

describe("handshake faults", () => {
  for (const kind of KINDS) {
    const status = STATUSES[kind] ?? 400;
    test(`${kind} is answered with ${status} by a server and not at all by a client`, () => {
      if (!CLIENT_ONLY.includes(kind)) {
        expect(requestFault(kind)).toMatchObject({ kind, status, offset: -1 });
      }
      expect(responseFault(kind, 7)).toMatchObject({ kind, status: 0, offset: 7 });
    });
  }

  test("a fault is plain data that says where and by which section", () => {
    expect(requestFault("key-malformed")).toStrictEqual({
      kind: "key-malformed",
      section: "4.2.1",
      status: 400,
      offset: -1,
    });
    expect(requestFault("bare-line-feed", 12)).toStrictEqual({
      kind: "bare-line-feed",
      section: "RFC 9112 2.2",
      status: 400,
      offset: 12,
    });
  });

  test("what both sides may find is forbidden to the server's part in §4.1", () => {
    expect(requestFault("upgrade-missing").section).toBe("4.2.1");
    expect(responseFault("upgrade-missing").section).toBe("4.1");
  });

  test("every section is a number, of RFC 6455 or with its RFC before it", () => {
    for (const kind of KINDS) {
      const words = (CLIENT_ONLY.includes(kind) ? responseFault : requestFault)(kind).section.split(
        " ",
      );
      if (words.length > 1) expect(words.shift(), kind).toBe("RFC");
      for (const word of words) expect(Number.parseFloat(word), kind).toBeGreaterThan(0);
    }
  });
});
