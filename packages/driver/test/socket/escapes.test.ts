/** What something else than a hook throws in a turn: it ends its connection, and no other connection notices. */
import {
  clientEndpoint,
  type Extension,
  type ExtensionSession,
  serverEndpoint,
} from "@sansocket/core";
import { describe, expect, test } from "vitest";
import { ODD_VALUES } from "../../../testing/src/driver-laws/odd-values.ts";
import { messageOf } from "../../src/errors.ts";
import {
  ConnectError,
  type ConnectionError,
  connectWith,
  type Dialed,
  type ServerError,
  type Socket,
} from "../../src/index.ts";
import { connected, Peer, QUIET, type ScriptedTransport, Stage, settle } from "../stage.ts";

const BROKEN = new Error("broken");

function throws(): never {
  throw BROKEN;
}

/** Sends every message as it is, under RSV1; with methods of its own, where they are given. */
function passing(own: Partial<ExtensionSession> & Partial<Extension> = {}): Extension {
  const response = { name: "passing", parameters: [] };
  const session = (): ExtensionSession => ({
    rsv: 0x40,
    encodeStart: () => true,
    encode: (payload) => payload.slice(),
    decodeStart: () => {},
    decode: (payload, _final, _budget, sink) => {
      sink(payload);
      return "ok";
    },
    dispose: () => {},
    ...own,
  });
  return {
    name: "passing",
    offer: () => [response],
    accept: () => ({ response, session: session() }),
    confirm: () => ({ session: session() }),
    ...own,
  };
}

interface Fault {
  readonly what: string;
  readonly extension?: Partial<ExtensionSession>;
  readonly decodeUtf8?: () => never;
  readonly transport?: (keyof ScriptedTransport)[];
  /** The code of the Close that the peer gets, if it still gets one. */
  readonly code: number | null;
}

const FAULTS: readonly Fault[] = [
  { what: "decodeStart of an extension", extension: { decodeStart: throws }, code: 1011 },
  { what: "decode of an extension", extension: { decode: throws }, code: 1011 },
  { what: "encodeStart of an extension", extension: { encodeStart: throws }, code: 1011 },
  { what: "encode of an extension", extension: { encode: throws }, code: 1011 },
  {
    what: "an extension that throws at everything",
    extension: { decode: throws, encode: throws, dispose: throws },
    code: 1011,
  },
  { what: "the host's decoder", decodeUtf8: throws, code: 1011 },
  {
    what: "the host's decoder, of text that is too long for a string",
    decodeUtf8: () => {
      throw new RangeError("Invalid string length");
    },
    code: 1009,
  },
  { what: "write of a transport", transport: ["write"], code: null },
  {
    what: "everything of a transport",
    transport: ["write", "endWrite", "pause", "resume", "destroy"],
    code: null,
  },
];

describe("a connection of a server ends alone when something of it throws:", () => {
  for (const { what, extension, decodeUtf8, transport, code } of FAULTS) {
    for (const isInbox of [false, true]) {
      test(`${what}, read ${isInbox ? "into the inbox" : "as chunks"}`, async () => {
        const errors: (ConnectionError | ServerError)[] = [];
        let closes = 0;
        const stage = new Stage({
          extensions: [passing(extension)],
          message: (socket, message) => socket.write(message),
          close: () => {
            closes += 1;
          },
          error: (_, error) => void errors.push(error),
        });
        const other = await stage.opened();
        const endpoint = clientEndpoint(
          {
            host: { random: stage.runtime.host.random },
            timeouts: QUIET,
            url: "ws://site.example/",
            extensions: [passing()],
          },
          stage.runtime.now(),
        );
        const peer = new Peer(endpoint, stage.runtime);
        stage.server.accept(peer.open);
        await peer.pump();
        if (decodeUtf8 !== undefined) stage.runtime.decodeUtf8 = decodeUtf8;
        for (const name of transport ?? []) Object.assign(peer.transport, { [name]: throws });
        peer.transport.isInbox = isInbox;
        other.transport.isInbox = isInbox;
        for (const text of ["a text that is long enough", "and another one that is"]) {
          endpoint.sendText(text);
        }
        await peer.pump();
        // A transport that cannot even be destroyed says so a second time.
        expect(new Set(errors.map((error) => error.code))).toEqual(new Set(["engine-failed"]));
        expect(peer.messages).toEqual([]);
        if (code !== null) expect(endpoint.peerClose?.code).toBe(code);
        else peer.transport.breaks();
        await stage.runtime.advance(20_000);
        expect(closes).toBe(1);
        other.endpoint.sendBinary(Uint8Array.of(1));
        await other.pump();
        expect(other.messages).toEqual([Uint8Array.of(1)]);
        expect(stage.server.connections).toBe(1);
      });
    }
  }

  test("a stream that brings something else than bytes", async () => {
    const errors: string[] = [];
    const stage = new Stage({ error: (_, error) => void errors.push(error.code) });
    const peer = await stage.opened();
    peer.transport.handler.onData("text" as unknown as Uint8Array);
    await peer.pump();
    expect(errors).toEqual(["engine-failed"]);
    expect(peer.endpoint.peerClose?.code).toBe(1011);
  });

  test("an extension whose dispose throws, at the end of a connection that was in order", async () => {
    const stage = new Stage({ extensions: [passing({ dispose: throws })] });
    const { socket, peer } = await connected({ extensions: [passing({ dispose: throws })] });
    void stage;
    peer.endpoint.close(1000, "", 1_000);
    await peer.pump();
    expect((await socket.closed).code).toBe(1000);
  });
});

describe("what is sent with an extension that throws", () => {
  for (const method of ["encodeStart", "encode"] as const) {
    for (const [how, send] of [
      ["write", (socket: Socket<undefined>) => socket.write("text")],
      ["send", (socket: Socket<undefined>) => socket.send("text")],
      ["sendStream", (socket: Socket<undefined>) => socket.sendStream(["text"])],
    ] as const) {
      test(`by ${how} is "closed", and error hears of ${method}`, async () => {
        const errors: ConnectionError[] = [];
        const { socket, peer } = await withExtension(passing({ [method]: throws }), errors);
        expect(await send(socket)).toBe("closed");
        await peer.pump();
        expect(errors).toMatchObject([{ code: "engine-failed", cause: BROKEN }]);
        expect(peer.endpoint.peerClose?.code).toBe(1011);
      });
    }
  }
});

/** A client with an extension. */
async function withExtension(
  extension: Extension,
  errors: unknown[],
): Promise<{ socket: Socket<undefined>; peer: Peer }> {
  const { runtime } = new Stage({});
  const peer = new Peer(
    serverEndpoint({ host: runtime.host, timeouts: QUIET, extensions: [passing()] }, runtime.now()),
    runtime,
  );
  const dialer = { dial: () => Promise.reject(new Error("not dialled")) };
  const connecting = connectWith<undefined>(
    { runtime, dialer },
    "ws://site.example/",
    { socket: peer.open, timeouts: QUIET, extensions: [extension] },
    { error: (_, error) => void errors.push(error) },
  );
  connecting.catch(() => {});
  await settle();
  peer.fromDriver();
  for (const event of peer.events) {
    if (event.type === "request") peer.endpoint.accept({}, runtime.now());
  }
  await peer.pump();
  return { socket: await connecting, peer };
}

describe("connect rejects with a ConnectError", () => {
  test("when an extension throws at the server's answer", async () => {
    const connecting = withExtension(passing({ confirm: throws }), []);
    await expect(connecting).rejects.toBeInstanceOf(ConnectError);
    await expect(connecting).rejects.toMatchObject({ code: "engine-failed", cause: BROKEN });
  });

  test("when an extension throws at the request, and lets go of the connection", async () => {
    let destroyed = 0;
    const dialed: Dialed = {
      open: () => {
        throw new Error("not opened");
      },
      startTls: () => Promise.reject(new Error("no TLS")),
      destroy: () => {
        destroyed += 1;
      },
    };
    let offers = 0;
    const offer = (): [] => {
      offers += 1;
      return throws();
    };
    const { runtime } = new Stage({});
    const platform = { runtime, dialer: { dial: () => Promise.resolve(dialed) } };
    const options = { extensions: [passing({ offer })], timeouts: QUIET };
    const connecting = connectWith(platform, "ws://site.example/", options);
    await expect(connecting).rejects.toMatchObject({ code: "engine-failed", cause: BROKEN });
    expect([offers, destroyed]).toEqual([1, 1]);
    expect(runtime.timerCount).toBe(0);
  });

  for (const [what, value] of Object.entries(ODD_VALUES)) {
    test(`when it is aborted with ${what}, also while it is under way`, async () => {
      for (const isBefore of [true, false]) {
        const controller = new AbortController();
        const reason = value();
        if (isBefore) controller.abort(reason);
        const { runtime } = new Stage({});
        const dial = (): Promise<Dialed> => new Promise(() => {});
        const peer = new Peer(serverEndpoint({ host: runtime.host }, runtime.now()), runtime);
        const platform = { runtime, dialer: { dial } };
        const connecting = connectWith(platform, "ws://site.example/", {
          signal: controller.signal,
          socket: peer.open,
          timeouts: QUIET,
        });
        const outcome = connecting.then(
          () => "open",
          (error: ConnectError) => error.code,
        );
        await settle();
        controller.abort(reason);
        expect(await outcome).toBe("aborted");
      }
    });
  }
});

test("words can be made of whatever is thrown", () => {
  for (const [what, value] of Object.entries(ODD_VALUES)) {
    expect(typeof messageOf(value()), what).toBe("string");
  }
});
