/** The habits of `ws` and of Bun.serve: where an application does as there, the error says how the same thing is done here. */
import { readFileSync } from "node:fs";
import { prepareMessage } from "@sansocket/core";
import { describe, expect, test } from "vitest";
import { MisuseError } from "../src/index.ts";
import { createAdapter } from "./adapter.ts";
import { connected, VirtualRuntime } from "./stage.ts";

const dialer = { dial: () => Promise.reject(new Error("no network here")) };
const listener = { address: { hostname: "::", port: 80 }, close: async () => {} };
const adapter = createAdapter({ runtime: new VirtualRuntime(), dialer, listen: () => listener });

function mistakeOf(run: () => unknown): Promise<unknown> {
  return Promise.resolve()
    .then(run)
    .catch((error: unknown) => error);
}

const OF_A_SERVER = [
  [{ maxPayload: 1_000 }, "limits.message"],
  [{ maxPayloadLength: 1_000 }, "limits.message"],
  [{ backpressureLimit: 1_000 }, "limits.unsent"],
  [{ idleTimeout: 30 }, "timeouts.idle, in ms"],
  [{ closeTimeout: 30 }, "timeouts.close"],
  [{ verifyClient: () => true }, "the hook upgrade"],
  [{ handleProtocols: () => "chat" }, "protocols, or accept({ protocol }) in the hook upgrade"],
  [{ clientTracking: true }, "server.sockets"],
  [{ noServer: true }, "createServer, which does not listen"],
  [{ server: {} }, "createServer, and its handleUpgrade for the upgrades of an HTTP server"],
  [{ fetch: () => {} }, "the hooks request and upgrade"],
  [{ websocket: {} }, "the hooks, directly among the options"],
] as const;

const OF_LISTENING = [
  [{ host: "127.0.0.1" }, "hostname"],
  [{ unix: "/run/x" }, "path"],
  [{ cert: "PEM" }, "tls: { cert, key }"],
  [{ key: "PEM" }, "tls: { cert, key }"],
] as const;

const OF_A_CLIENT = [
  [{ origin: "https://a" }, "headers: { Origin }"],
  [{ agent: {} }, "proxy"],
  [{ handshakeTimeout: 1_000 }, "timeouts.handshake"],
  [{ closeTimeout: 1_000 }, "timeouts.close"],
  [{ maxPayload: 1_000 }, "limits.message"],
  [{ followRedirects: true }, "redirects, a number"],
  [{ maxRedirects: 5 }, "redirects, a number"],
  [{ rejectUnauthorized: false }, "tls.rejectUnauthorized"],
  [{ ca: "PEM" }, "tls.ca"],
  [{ servername: "a" }, "tls.serverName"],
] as const;

const { serve, createServer, connect, WebSocket } = adapter;

describe.each([
  ["serve", [...OF_A_SERVER, ...OF_LISTENING], (options: object) => serve(options as never)],
  ["createServer", OF_A_SERVER, (options: object) => createServer(options as never)],
  ["connect", OF_A_CLIENT, (options: object) => connect("ws://a", options)],
  ["WebSocket", OF_A_CLIENT, (options: object) => new WebSocket("ws://a", options)],
] as const)("an option of %s with the name of another library", (_, rows, run) => {
  test.each(rows as readonly (readonly [object, string])[])("%o", async (options, here) => {
    const [name] = Object.keys(options);
    const mistake = await mistakeOf(() => run(options));
    expect(mistake).toBeInstanceOf(MisuseError);
    expect(mistake).toHaveProperty("message", `options.${name} is not known: here it is ${here}`);
  });
});

test.each(
  [...OF_A_SERVER, ...OF_LISTENING, ...OF_A_CLIENT].map(([options]) => Object.keys(options)[0]!),
)("docs/migrating.md has a row for the option %s", (name) => {
  const page = new URL("../../../docs/migrating.md", import.meta.url);
  const rows = readFileSync(page, "utf8").matchAll(/^\| (.*) \| .* \|$/gm);
  expect([...rows].some(([, there]) => new RegExp(`\\b${name}\\b`).test(there!))).toBe(true);
});

describe("a PEM file as bytes, as readFileSync gives it", () => {
  const cert = new TextEncoder().encode("PEM");
  const remedy = 'is bytes: give text, as readFileSync(path, "utf8") does';
  test.each([
    ["a server", "tls.cert", () => serve({ port: 1, tls: { cert, key: "PEM" } as never })],
    ["a client", "tls.ca", () => connect("wss://a", { tls: { ca: cert } as never })],
    ["several", "tls.ca[1]", () => connect("wss://a", { tls: { ca: ["PEM", cert] } as never })],
  ] as const)("%s: the error says how to read the file", async (_, name, run) => {
    const mistake = await mistakeOf(run);
    expect(mistake).toBeInstanceOf(MisuseError);
    expect(mistake).toHaveProperty("message", `options.${name} ${remedy}`);
  });
});

test("the path of a URL in place of the path of a unix socket", async () => {
  const mistake = await mistakeOf(() => adapter.serve({ port: 8080, path: "/chat" }));
  expect(mistake).toMatchObject({
    name: "MisuseError",
    message:
      "options.path and options.port exclude each other: path is the file of a unix socket. For the path of a URL, look at " +
      "request.url.pathname in the hook upgrade",
  });
});

test("the options of WebSocket as a third argument, as `ws` takes them, would be lost without a word", async () => {
  const Class = adapter.WebSocket as unknown as new (...given: unknown[]) => object;
  const mistake = await mistakeOf(() => new Class("ws://a", [], { headers: { Cookie: "a=b" } }));
  expect(mistake).toMatchObject({
    name: "MisuseError",
    message: "the options are the second argument here: new WebSocket(url, { protocols, headers })",
  });
  expect(() => new Class("ws://a", [], undefined)).not.toThrow();
});

describe("data that is no message", () => {
  test.each([
    ["a list", [1, 2], ": Uint8Array.from makes bytes of it"],
    ["a Blob", new Blob(["a"]), ": await its arrayBuffer()"],
    ["an object", { a: 1 }, ": JSON.stringify makes text of it"],
    [
      "a prepared message, as another copy of sansocket makes it",
      { ...prepareMessage("a") },
      ": another copy of sansocket has prepared it, import prepare and the socket from one",
    ],
    ["a number", 5, ""],
    ["nothing", undefined, ""],
  ])("%s: the error says how to make a message of it", async (_, data, remedy) => {
    const { socket } = await connected();
    const given = typeof data === "object" ? "object" : typeof data;
    await expect(() => socket.write(data as never)).toThrow(`not ${given}${remedy}`);
  });
});

test.each([
  ["a string", "now"],
  ["a function", () => {}],
])("a ping with %s", async (_, payload) => {
  const { socket } = await connected();
  expect(() => socket.ping(payload as never)).toThrow(
    /^ping: the payload is .*: give a Uint8Array$/,
  );
});
