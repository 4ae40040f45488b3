/** Everything the engine knows is plain data: a connection could be exported, moved and restored. */
import { describe, expect, test } from "vitest";
import { Endpoint } from "../../src/endpoint/endpoint.ts";
import { clientEndpoint, Step, serverEndpoint, watchFrames } from "../../src/index.ts";
import { Bench, quietHost } from "../turn.ts";
import { masked, unmasked } from "../wire.ts";

const host = quietHost();
const HEAD =
  "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Paths to what is not plain, for a readable failure. */
function impurities(value: unknown, path: string, seen: Set<unknown> = new Set()): string[] {
  if (value === null || ["number", "string", "boolean", "undefined"].includes(typeof value))
    return [];
  if (typeof value !== "object") return [`${path} is a ${typeof value}`];
  if (seen.has(value)) return [];
  seen.add(value);
  if (ArrayBuffer.isView(value)) return [];
  const prototype = Object.getPrototypeOf(value);
  const isPlain = prototype === null || prototype === Object.prototype || Array.isArray(value);
  if (!isPlain && !(value instanceof Endpoint))
    return [`${path} is a ${prototype.constructor.name}`];
  return Reflect.ownKeys(value).flatMap((key) => {
    const name = String(key);
    // The ports of the host, the extensions and the watching of frames are the host's own; the kernels are its port, or the default for it.
    if (["host", "extensions", "kernels", "frames"].includes(name) && path.endsWith("settings"))
      return [];
    if (name === "session") return [];
    // The functions of a role's opening are the program's: all endpoints of the role share them.
    if (name === "rules") return [];
    return impurities((value as Record<PropertyKey, unknown>)[key], `${path}.${name}`, seen);
  });
}

function server(text = ""): Endpoint {
  const endpoint = serverEndpoint({ host }, 0);
  endpoint.receive(bytes(text), 0);
  endpoint.next();
  return endpoint;
}

function client(text = ""): Endpoint {
  const endpoint = clientEndpoint({ host, url: "ws://a/chat", protocols: ["x"] }, 0);
  endpoint.receive(bytes(text), 0);
  while (endpoint.next() !== Step.Idle);
  return endpoint;
}

function opened(act: (bench: Bench) => void, role: "client" | "server" = "server"): Endpoint {
  const bench = Bench.open(role, { frames: watchFrames(8) });
  act(bench);
  return bench.endpoint;
}

const STATES: Record<string, () => Endpoint> = {
  "a fresh server": () => server(),
  "half a request": () => server(HEAD.slice(0, 40)),
  "a request that waits for an answer": () => server(HEAD),
  "a request with a frame behind it": () => {
    const endpoint = server(`${HEAD}\u0001\u0002`);
    endpoint.next();
    return endpoint;
  },
  "a refused request": () => server("POST / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"),
  "a fresh client": () => client(),
  "a client with half a refusal": () =>
    client("HTTP/1.1 401 No\r\nContent-Length: 10\r\n\r\nbecau"),
  "a refused client": () => client("HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno"),
  "open and idle": () => opened(() => {}),
  "standing on a message": () => {
    const { endpoint } = Bench.open("server");
    endpoint.receive(masked(0x1, "x"), 0);
    endpoint.next();
    return endpoint;
  },
  "inside a header": () =>
    opened((bench) => void bench.feed(masked(0x2, new Uint8Array(300)).slice(0, 3))),
  "inside a frame": () => opened((bench) => void bench.feed(masked(0x1, "hello").slice(0, 9))),
  "inside a control frame": () =>
    opened((bench) => void bench.feed(masked(0x9, "hello").slice(0, 9))),
  "inside a fragmented message": () =>
    opened((bench) => void bench.feed(masked(0x1, "hello", { fin: false }))),
  "inside a fragmented send": () =>
    opened(({ endpoint }) => {
      endpoint.startMessage("text");
      endpoint.sendFragment("a\ud83d", false);
    }),
  "with a ping out": () =>
    opened((bench) => {
      bench.endpoint.ping(null, 0);
      bench.turn();
    }),
  "with a busy transport and pongs that wait": () =>
    opened((bench) => {
      bench.isBusy = true;
      for (let index = 0; index < 70; index += 1) bench.feed(masked(0x9, [index]));
    }),
  "not pulled": () => {
    const { endpoint } = Bench.open("server");
    endpoint.receive(masked(0x1, "x".repeat(500)), 0);
    endpoint.setAside();
    return endpoint;
  },
  closing: () =>
    opened((bench) => {
      bench.endpoint.close(1000, "bye", 0);
      bench.turn();
    }, "client"),
  violated: () => opened((bench) => void bench.feed(masked(0x3))),
  ended: () =>
    opened((bench) => {
      bench.feed(unmasked(0x8));
      bench.end();
    }, "client"),
};

describe("the state of an endpoint is plain data", () => {
  for (const [name, make] of Object.entries(STATES)) {
    test(name, () => expect(impurities(make(), "endpoint")).toEqual([]));
  }

  test("and what is not would be found", () => {
    const endpoint = STATES["open and idle"]!();
    const { connection } = endpoint as unknown as { connection: Record<string, unknown> };
    for (const impurity of [() => {}, new Map(), new Date(0), Promise.resolve(), Symbol("x")]) {
      connection["carry"] = impurity;
      expect(impurities(endpoint, "endpoint")).toHaveLength(1);
    }
  });
});
