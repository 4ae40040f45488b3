/** Contexts are memory outside the engine: each way in which a connection or a handshake ends gives them back. */
import {
  acceptFor,
  clientEndpoint,
  type Endpoint,
  type Extension,
  type ExtensionSession,
  formatExtensions,
  Step,
  serverEndpoint,
} from "@sansocket/core";
import { permessageDeflate } from "@sansocket/core/permessage-deflate";
import { zlibCodec } from "@sansocket/zlib";
import { describe, expect, test } from "vitest";
import {
  type CountingCodec,
  counting,
  frame,
  quietHost,
  RSV1,
  takeOutput,
  turn,
} from "./endpoints.ts";
import { bytesOf } from "./sessions.ts";

const HELLO = Uint8Array.from([0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]);
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const request = (offer: string): Uint8Array =>
  bytesOf(
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: ${offer}\r\n\r\n`,
  );

/** The extension, with a count of the sessions that nobody has disposed of. */
function countingSessions(extension: Extension): Extension & { readonly live: number } {
  let live = 0;
  const counted = (session: ExtensionSession): ExtensionSession => {
    live += 1;
    let isLive = true;
    return {
      ...session,
      dispose() {
        if (isLive) live -= 1;
        isLive = false;
        session.dispose();
      },
    };
  };
  return {
    ...extension,
    ...(extension.accept && {
      accept(offers) {
        const answer = extension.accept!(offers);
        return answer && { ...answer, session: counted(answer.session!) };
      },
    }),
    ...(extension.confirm && {
      confirm(response) {
        const answer = extension.confirm!(response);
        return answer && { session: counted(answer.session!) };
      },
    }),
    get live() {
      return live;
    },
  };
}

interface Subject {
  readonly endpoint: Endpoint;
  readonly codec: CountingCodec;
  readonly extension: { readonly live: number };
}

/** An endpoint that has agreed on takeover both ways. */
function open(role: "server" | "client"): Subject {
  const codec = counting(zlibCodec());
  const extension = countingSessions(permessageDeflate(role, codec, { contextTakeover: true }));
  const common = { host: quietHost, extensions: [extension] };
  if (role === "server") {
    const endpoint = serverEndpoint(common, 0);
    endpoint.receive(request("permessage-deflate"), 0);
    expect(endpoint.next()).toBe(Step.Request);
    endpoint.accept({}, 0);
    turn(endpoint);
    takeOutput(endpoint);
    return { endpoint, codec, extension };
  }
  const endpoint = clientEndpoint({ ...common, url: "ws://a/" }, 0);
  const sent = new TextDecoder().decode(takeOutput(endpoint));
  const key = /Sec-WebSocket-Key: (\S+)/i.exec(sent)![1]!;
  endpoint.receive(response(key), 0);
  turn(endpoint);
  return { endpoint, codec, extension };
}

function response(key: string, lines = "", extensions = "permessage-deflate"): Uint8Array {
  return bytesOf(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${acceptFor(key)}\r\nSec-WebSocket-Extensions: ${extensions}\r\n${lines}\r\n`,
  );
}

/** What the peer of `role` says. */
function said(role: "server" | "client", shape: Parameters<typeof frame>[0]): Uint8Array {
  return frame({ ...shape, ...(role === "client" ? { key: null } : {}) });
}

const ENDINGS: readonly {
  readonly what: string;
  end(endpoint: Endpoint, role: "server" | "client"): void;
}[] = [
  { what: "our abort", end: (endpoint) => endpoint.abort(0) },
  { what: "a transport that closes", end: (endpoint) => endpoint.transportClosed(null, 0) },
  {
    what: "the end of the stream",
    end: (endpoint) => endpoint.endOfStream(0),
  },
  {
    what: "the peer's Close",
    end: (endpoint, role) => endpoint.receive(said(role, { opcode: 8 }), 0),
  },
  {
    what: "a violation of the framing",
    end: (endpoint, role) => endpoint.receive(said(role, { opcode: 3 }), 0),
  },
  {
    what: "corrupt data",
    end: (endpoint, role) =>
      endpoint.receive(said(role, { rsv: RSV1, payload: Uint8Array.of(0xff, 0xff) }), 0),
  },
  {
    what: "our Close that is never answered",
    end(endpoint) {
      endpoint.close(1000, "", 0);
      takeOutput(endpoint);
    },
  },
  {
    what: "a peer who is silent",
    end() {},
  },
];

describe.each(["server", "client"] as const)("a %s gives every context back behind", (role) => {
  test.each(ENDINGS)("$what, also in the middle of messages", ({ end }) => {
    const { endpoint, codec, extension } = open(role);
    endpoint.sendText("Hello");
    endpoint.startMessage("text");
    endpoint.sendFragment("half a mess", false);
    takeOutput(endpoint);
    endpoint.receive(said(role, { rsv: RSV1, payload: HELLO }), 0);
    endpoint.receive(said(role, { rsv: RSV1, fin: false, payload: HELLO.slice(0, 3) }), 0);
    turn(endpoint);
    expect([extension.live, codec.deflaters, codec.inflaters]).toEqual([1, 1, 1]);
    end(endpoint, role);
    let now = 0;
    for (let count = 0; count < 20; count += 1) {
      turn(endpoint);
      takeOutput(endpoint, now);
      if (endpoint.deadline === Number.POSITIVE_INFINITY) break;
      now = Math.max(now, endpoint.deadline);
      endpoint.handleTimeout(now);
    }
    expect(endpoint.ended).not.toBeNull();
    expect([extension.live, codec.deflaters, codec.inflaters]).toEqual([0, 0, 0]);
  });

  test("an exception of the codec", () => {
    const { endpoint, codec, extension } = open(role);
    endpoint.sendText("Hello");
    const { connection } = endpoint as unknown as { connection: { session: ExtensionSession } };
    const { session } = connection;
    connection.session = {
      ...session,
      encode() {
        throw new Error("zlib has no memory");
      },
    };
    expect(() => endpoint.sendText("Hello")).toThrow("zlib has no memory");
    turn(endpoint);
    endpoint.abort(0);
    turn(endpoint);
    expect([extension.live, codec.deflaters, codec.inflaters]).toEqual([0, 0, 0]);
  });
});

describe("no session is left behind by", () => {
  test("an accept that throws for a header that cannot be sent", () => {
    const codec = counting(zlibCodec());
    const extension = countingSessions(permessageDeflate("server", codec));
    const endpoint = serverEndpoint({ host: quietHost, extensions: [extension] }, 0);
    endpoint.receive(request("permessage-deflate"), 0);
    endpoint.next();
    expect(() => endpoint.accept({ headers: [["X", "a\r\nb"]] }, 0)).toThrow();
    expect(extension.live).toBe(0);
    // The state is untouched: the next decision counts.
    expect(endpoint.accept({}, 0)).toBe(true);
    expect(extension.live).toBe(1);
    endpoint.abort(0);
    turn(endpoint);
    expect(extension.live).toBe(0);
  });

  test("a request that is rejected, and one that is never decided", () => {
    const extension = countingSessions(permessageDeflate("server", zlibCodec()));
    for (const decide of [true, false]) {
      const endpoint = serverEndpoint({ host: quietHost, extensions: [extension] }, 0);
      endpoint.receive(request("permessage-deflate"), 0);
      endpoint.next();
      if (decide) endpoint.reject(403, {}, 0);
      else endpoint.handleTimeout(endpoint.deadline);
      turn(endpoint);
      expect(extension.live).toBe(0);
      endpoint.abort(0);
    }
  });

  test.each<[string, string, string]>([
    ["parameters that nobody offered", "", "permessage-deflate; server_max_window_bits=99"],
    ["an extension twice", "", "permessage-deflate, permessage-deflate"],
    ["an unknown extension behind the agreed one", "", "permessage-deflate, x-unknown"],
    ["a subprotocol that nobody offered", "Sec-WebSocket-Protocol: x\r\n", "permessage-deflate"],
  ])("a response that the client refuses for %s", (_what, lines, extensions) => {
    const extension = countingSessions(permessageDeflate("client", zlibCodec()));
    const endpoint = clientEndpoint(
      { host: quietHost, url: "ws://a/", extensions: [extension] },
      0,
    );
    const sent = new TextDecoder().decode(takeOutput(endpoint));
    const key = /Sec-WebSocket-Key: (\S+)/i.exec(sent)![1]!;
    endpoint.receive(response(key, lines, extensions), 0);
    expect(turn(endpoint)).toHaveLength(1);
    expect(extension.live).toBe(0);
  });

  test("a session that is offered and declined", () => {
    const extension = permessageDeflate("server", zlibCodec(), { windowBits: { receive: 9 } });
    const counted = countingSessions(extension);
    const endpoint = serverEndpoint({ host: quietHost, extensions: [counted] }, 0);
    // §7.1.2.2: a client that does not say that it can limit its window cannot be told to.
    endpoint.receive(request("permessage-deflate"), 0);
    endpoint.next();
    endpoint.accept({}, 0);
    expect(formatExtensions(endpoint.extensions)).toBe("");
    expect(counted.live).toBe(0);
    endpoint.abort(0);
  });
});

test("a connection that never compresses makes no context at all", () => {
  for (const role of ["server", "client"] as const) {
    const { endpoint, codec } = open(role);
    endpoint.sendText("as it is", false);
    endpoint.receive(said(role, { payload: bytesOf("as it is") }), 0);
    turn(endpoint);
    expect([codec.deflaters, codec.inflaters]).toEqual([0, 0]);
    endpoint.abort(0);
  }
});
