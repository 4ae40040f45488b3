import { createHash, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Certificate, certificate } from "@sansocket/workshop/certificate";
import { CHROMIUM, hasChromium, NO_CHROMIUM } from "@sansocket/workshop/chromium";
import { RUNTIMES, type RuntimeName } from "@sansocket/workshop/runtimes";
import { afterAll, beforeAll, describe, expect, type TestContext, test } from "vitest";
import { described, pattern } from "../programs/messages.mjs";
import { type Line, type Ports, Program, startServer } from "./program.ts";

let folder = "";
let caFile = "";
const servers = new Map<RuntimeName, { readonly program: Program; readonly ports: Ports }>();
const clients = new Map<string, Program>();
let shared: Certificate;

/** Chromium takes no file of those to trust: it is told the key that it may meet under any name. */
function chromiumThatTrusts({ cert }: Certificate): Program {
  const spki = new X509Certificate(cert).publicKey.export({ type: "spki", format: "der" });
  const trusted = createHash("sha256").update(spki).digest("base64");
  const args = [
    ...CHROMIUM.args,
    `--ignore-certificate-errors-spki-list=${trusted}`,
    "--disable-features=LocalNetworkAccessChecks", // its pages come from nowhere, and are to reach the loopback
  ];
  return new Program("node", "chromium-client.mjs", [JSON.stringify({ ...CHROMIUM, args })]);
}

interface ForeignClient {
  readonly name: string;
  /** Why it cannot be started here. */
  readonly missing?: string;
  start(): Program;
  /** Whether it can be told in `options` whom to trust; the others are told when they start. */
  readonly takesCa?: "ca" | "tls";
  readonly canPing?: true;
  readonly canFragment?: true;
  /** What it tells of the end besides code and reason. */
  readonly tells?: object;
}

const FOREIGN: readonly ForeignClient[] = [
  {
    name: "npm's ws",
    start: () => new Program("node", "standard-client.mjs", ["ws"]),
    takesCa: "ca",
    canPing: true,
    canFragment: true,
    tells: { wasClean: true },
  },
  {
    name: "npm's websocket-driver",
    start: () => new Program("node", "websocket-driver-client.mjs", []),
    takesCa: "ca",
    canPing: true,
  },
  {
    name: "Node's WebSocket",
    start: () =>
      new Program("node", "standard-client.mjs", [], {
        // On by default from Node 22 on.
        flags:
          Number.parseInt(process.version.slice(1), 10) < 22 ? ["--experimental-websocket"] : [],
        env: { NODE_EXTRA_CA_CERTS: caFile },
      }),
    tells: { wasClean: true },
  },
  {
    name: "Deno's WebSocket",
    start: () => new Program("deno", "standard-client.mjs", [], { flags: ["--cert", caFile] }),
    tells: { wasClean: true },
  },
  {
    name: "Bun's WebSocket",
    start: () => new Program("bun", "standard-client.mjs", []),
    takesCa: "tls",
    tells: { wasClean: true },
  },
  {
    name: "Chromium's WebSocket",
    ...(hasChromium ? {} : { missing: NO_CHROMIUM }),
    start: () => chromiumThatTrusts(shared),
    tells: { wasClean: true },
  },
];

beforeAll(async () => {
  shared = await certificate();
  folder = mkdtempSync(join(tmpdir(), "sansocket-"));
  caFile = join(folder, "ca.pem");
  writeFileSync(caFile, shared.cert);
  for (const { name, start, missing } of FOREIGN) {
    if (missing === undefined) clients.set(name, start());
  }
  await Promise.all(
    RUNTIMES.map(async (runtime) => {
      const given = [`@sansocket/${runtime}`, JSON.stringify(shared)];
      servers.set(runtime, await startServer(runtime, "server.mjs", given));
    }),
  );
});

afterAll(async () => {
  for (const client of clients.values()) await client.stop();
  for (const { program } of servers.values()) await program.stop();
  rmSync(folder, { recursive: true, force: true });
});

function skipMissing(context: TestContext, { missing }: ForeignClient): void {
  if (missing !== undefined) context.skip(missing);
}

const meetings = FOREIGN.flatMap((client) =>
  RUNTIMES.flatMap((server) =>
    (["plain", "secure"] as const).map((kind) => ({ name: client.name, client, server, kind })),
  ),
);

describe.each(meetings)("$name to our server on $server, $kind", ({ client, server, kind }) => {
  async function converse(steps: readonly (readonly unknown[])[]) {
    const { program, ports } = servers.get(server)!;
    const url = `${kind === "plain" ? "ws" : "wss"}://127.0.0.1:${ports[kind]}/`;
    const ca = { ca: shared.cert };
    const options =
      client.takesCa === "tls" ? { tls: ca } : client.takesCa === "ca" ? ca : undefined;
    const asked = { url, protocols: ["other", "chat"], options, steps };
    const answer: Line = await clients.get(client.name)!.ask(asked);
    return { answer, events: await program.settled() };
  }

  test("messages go both ways, and the client closes", async (context) => {
    skipMissing(context, client);
    const messages: (readonly [step: readonly unknown[], message: string | Uint8Array])[] = [
      [["text", "grüße"], "grüße"],
      [["bytes", 1_048_576], pattern(1_048_576)],
      [["text", ""], ""],
      [["bytes", 0], pattern(0)],
    ];
    if (client.canFragment) messages.push([["stream", ["frag", "", "ments"]], "fragments"]);
    const { answer, events } = await converse([
      ["protocol"],
      ...messages.flatMap(([step]) => [step, ["receive"]]),
      ...(client.canPing ? [["ping"]] : []),
      ["close", 4_000, "done"],
    ]);
    const descriptions = messages.map(([, message]) => described(message));
    expect(answer).toEqual({
      results: [
        "chat",
        ...descriptions.flatMap((message) => ["sent", message]),
        ...(client.canPing ? [true] : []),
        { code: 4_000, reason: expect.any(String), ...client.tells },
      ],
    });
    expect(events.filter(({ event }) => event !== "ping").slice(1)).toEqual([
      { event: "open", protocol: "chat" },
      ...descriptions.map((message) => ({ event: "message", ...message })),
      {
        event: "close",
        code: 4_000,
        reason: "done",
        wasClean: true,
        initiator: "peer",
        error: null,
        violation: null,
      },
    ]);
  });

  test("our pings are answered, our fragments understood, and our Close too", async (context) => {
    skipMissing(context, client);
    const { answer, events } = await converse([
      ["text", "!ping"],
      ["text", "!stream"],
      ["receive"],
      ["text", "!close 4001 go away"],
      ["closed"],
    ]);
    expect(answer).toEqual({
      results: [
        "sent",
        "sent",
        { text: "one two three" },
        "sent",
        { code: 4_001, reason: "go away", ...client.tells },
      ],
    });
    expect(events).toContainEqual({ event: "pong", payload: [1, 2, 3] });
    expect(events.at(-1)).toMatchObject({
      event: "close",
      code: 4_001,
      wasClean: true,
      initiator: "local",
    });
  });
});

test.for(RUNTIMES)(
  "a page of another origin is refused by our server on %s",
  async (server, context) => {
    const client = FOREIGN.find(({ name }) => name === "Chromium's WebSocket")!;
    skipMissing(context, client);
    const { program, ports } = servers.get(server)!;
    const url = `ws://127.0.0.1:${ports.plain}/`;
    const asked = { url, protocols: [], origin: "http://another.example/", steps: [] };
    expect(await clients.get(client.name)!.ask(asked)).toEqual({ error: "no message" });
    expect(await program.settled()).toEqual([
      {
        event: "error",
        isAboutSocket: false,
        code: "handshake-refused",
        violation: "origin-refused",
      },
    ]);
  },
);
