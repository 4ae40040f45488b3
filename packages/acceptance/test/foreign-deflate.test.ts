/** permessage-deflate between ours and others, with what was compressed read off the wire. */

import { CHROMIUM, hasChromium, NO_CHROMIUM } from "@sansocket/workshop/chromium";
import { RUNTIMES, type RuntimeName } from "@sansocket/workshop/runtimes";
import type { WireFrame } from "@sansocket/workshop/wire-frames";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { described, pattern } from "../programs/messages.mjs";
import { type Line, Program, startServer } from "./program.ts";
import { type Half, RecordingRelay } from "./recording-relay.ts";

/** Long enough for every threshold. */
const LONG = "hello, hello, grüße und hello ".repeat(100);
const TEXT = 0x1;
const BINARY = 0x2;

function dataFrames({ frames }: Half): WireFrame[] {
  return frames.filter(({ header }) => [0, TEXT, BINARY].includes(header[0]! & 15));
}

/** RSV1 of every first frame of a message that has something to it: "c" for compressed, "p" for plain. */
function marksOf(half: Half): string {
  return dataFrames(half)
    .filter(({ header, payload }) => (header[0]! & 15) !== 0 && payload.length > 1)
    .map(({ header }) => ((header[0]! & 0x40) === 0 ? "p" : "c"))
    .join("");
}

function extensionsOf({ head }: Half): string {
  return /^sec-websocket-extensions: *(.*?)\r$/im.exec(head)?.[1] ?? "";
}

/** Messages, each echoed: the second refers to the first where there is takeover. */
const STEPS = [
  ["text", LONG],
  ["receive"],
  ["text", LONG],
  ["receive"],
  ["text", ""],
  ["receive"],
  ["bytes", 100_000],
  ["receive"],
] as const;
const ECHOES = [LONG, LONG, "", pattern(100_000)].flatMap((message) => [
  "sent",
  described(message),
]);

function requireLawful(half: Half): void {
  for (const { header } of half.frames) {
    // RFC 7692 §6: on no continuation, and on no control frame.
    const opcode = header[0]! & 15;
    if (opcode !== TEXT && opcode !== BINARY) expect(header[0]! & 0x70).toBe(0);
  }
}

// ---- our servers

/** The options of `deflate`. */
const SERVER_SETTINGS: Readonly<Record<string, object>> = {
  "by default": {},
  "with takeover and a window of 13 bits": { contextTakeover: true, windowBits: { send: 13 } },
  "without takeover, and the client's window of 10 bits": {
    contextTakeover: false,
    windowBits: { receive: 10 },
    level: 9,
  },
};

interface ForeignClient {
  readonly name: string;
  readonly missing?: string;
  readonly options?: object;
  /** Which of the three messages that are not empty the client compresses. */
  readonly marks: string;
  start(): Program;
}

const ws = (options: object): Pick<ForeignClient, "options" | "start"> => ({
  options: { perMessageDeflate: options },
  start: () => new Program("node", "standard-client.mjs", ["ws"]),
});

const CLIENTS: readonly ForeignClient[] = [
  { name: "npm's ws", marks: "ccc", ...ws({}) },
  {
    name: "npm's ws that asks for no takeover",
    marks: "ccc",
    ...ws({ serverNoContextTakeover: true, clientNoContextTakeover: true }),
  },
  {
    name: "npm's ws that asks for windows of 9 bits",
    marks: "ccc",
    ...ws({ serverMaxWindowBits: 9, clientMaxWindowBits: 10 }),
  },
  {
    name: "Node's WebSocket",
    // It inflates, and never deflates.
    marks: "ppp",
    start: () =>
      new Program("node", "standard-client.mjs", [], {
        flags:
          Number.parseInt(process.version.slice(1), 10) < 22 ? ["--experimental-websocket"] : [],
      }),
  },
  {
    name: "Bun's WebSocket",
    marks: "ccc",
    start: () => new Program("bun", "standard-client.mjs", []),
  },
  {
    name: "Chromium's WebSocket",
    marks: "ccc",
    ...(hasChromium ? {} : { missing: NO_CHROMIUM }),
    start: () => new Program("node", "chromium-client.mjs", [JSON.stringify(chromium())]),
  },
];

function chromium(): object {
  // Its pages come from nowhere, and are to reach the loopback.
  return { ...CHROMIUM, args: [...CHROMIUM.args, "--disable-features=LocalNetworkAccessChecks"] };
}

interface Started {
  readonly program: Program;
  readonly port: number;
}

const CERTIFICATE = await import("@sansocket/workshop/certificate").then((it) => it.certificate());
const servers = new Map<string, Started>();
const clients = new Map<string, Program>();

async function start(key: string, runtime: RuntimeName, program: string, given: string[]) {
  const started = await startServer(runtime, program, given);
  servers.set(key, { program: started.program, port: started.ports.plain });
}

beforeAll(async () => {
  for (const runtime of RUNTIMES) {
    for (const [what, deflateOptions] of Object.entries(SERVER_SETTINGS)) {
      const settings = JSON.stringify({ ...CERTIFICATE, deflateOptions });
      await start(`${runtime} ${what}`, runtime, "server.mjs", [`@sansocket/${runtime}`, settings]);
    }
    clients.set(runtime, new Program(runtime, "client.mjs", [`@sansocket/${runtime}`]));
  }
  for (const { name, perMessageDeflate, runtime } of FOREIGN_SERVERS) {
    const settings = JSON.stringify({ ...CERTIFICATE, perMessageDeflate });
    await start(name, runtime, "foreign-server.mjs", [settings]);
  }
  for (const { name, missing, start: startClient } of CLIENTS) {
    if (missing === undefined) clients.set(name, startClient());
  }
}, 120_000);

afterAll(async () => {
  for (const client of clients.values()) await client.stop();
  for (const { program } of servers.values()) await program.stop();
});

/** @returns what the client tells, and what went over the wire. */
async function converse(
  client: string,
  server: string,
  asked: object,
): Promise<{ answer: Line; relay: RecordingRelay }> {
  const relay = await RecordingRelay.before(servers.get(server)!.port);
  const url = `ws://127.0.0.1:${relay.port}/`;
  const answer = await clients.get(client)!.ask({ url, ...asked });
  await relay[Symbol.asyncDispose]();
  return { answer, relay };
}

const visits = RUNTIMES.flatMap((runtime) =>
  Object.keys(SERVER_SETTINGS).flatMap((what) =>
    CLIENTS.map((client) => ({ runtime, what, client })),
  ),
);

describe.each(visits)("our server on $runtime, $what, and $client.name", (visit) => {
  test("compress for each other", async (context) => {
    const { client, runtime, what } = visit;
    if (client.missing !== undefined) context.skip(client.missing);
    const key = `${runtime} ${what}`;
    const { answer, relay } = await converse(client.name, key, {
      protocols: ["chat"],
      options: client.options,
      steps: [...STEPS, ["text", "!stream"], ["receive"], ["close", 4_000, "done"]],
    });
    await servers.get(key)!.program.settled();
    expect(answer.results?.slice(0, 8)).toEqual(ECHOES);
    expect(answer.results?.slice(8, 10)).toEqual(["sent", { text: "one two three" }]);
    expect(extensionsOf(relay.server)).toMatch(/^permessage-deflate/);
    // The last one is the message in fragments.
    expect(marksOf(relay.server)).toBe("cccc");
    expect(marksOf(relay.client).slice(0, 3)).toBe(client.marks);
    requireLawful(relay.server);
    requireLawful(relay.client);
    const [first, again] = dataFrames(relay.server);
    if (what === "with takeover and a window of 13 bits") {
      // A client may ask for less.
      const agreed = extensionsOf(relay.server);
      expect(agreed).toMatch(/server_max_window_bits=(13|9)/);
      if (!agreed.includes("server_no_context_takeover") && agreed.includes("=13")) {
        expect(again!.payload.length).toBeLessThan(first!.payload.length);
      }
    } else {
      expect(again!.payload).toEqual(first!.payload);
    }
  });
});

// ---- our clients

const FOREIGN_SERVERS: readonly {
  readonly name: string;
  readonly runtime: RuntimeName;
  readonly perMessageDeflate?: boolean | object;
}[] = [
  { name: "npm's ws", runtime: "node", perMessageDeflate: true },
  {
    name: "npm's ws without takeover",
    runtime: "node",
    perMessageDeflate: { serverNoContextTakeover: true, clientNoContextTakeover: true },
  },
  {
    name: "npm's ws with windows of 9 and 10 bits",
    runtime: "node",
    perMessageDeflate: { serverMaxWindowBits: 9, clientMaxWindowBits: 10 },
  },
  { name: "Bun.serve", runtime: "bun", perMessageDeflate: true },
];

/** With 9 bits, ws would answer 400: it refuses a request whose offer it cannot meet, where RFC 7692 §5 lets it decline. */
const CLIENT_SETTINGS: Readonly<Record<string, object>> = {
  "by default": {},
  "without takeover": { perMessageDeflate: { contextTakeover: false } },
  "with windows of 10 and 12 bits": {
    perMessageDeflate: { windowBits: { send: 10, receive: 12 } },
  },
};

const calls = RUNTIMES.flatMap((runtime) =>
  FOREIGN_SERVERS.flatMap(({ name }) =>
    Object.entries(CLIENT_SETTINGS).map(([what, options]) => ({ runtime, name, what, options })),
  ),
);

describe.each(calls)("our client on $runtime, $what, and $name", (call) => {
  test("compress for each other", async () => {
    const { answer, relay } = await converse(call.runtime, call.name, {
      options: { ...call.options, protocols: ["chat"] },
      steps: [...STEPS, ["stream", [LONG, "", LONG]], ["receive"], ["close", 4_000, "done"]],
    });
    expect(answer.error).toBeUndefined();
    const { program } = servers.get(call.name)!;
    while ((await program.next()).event !== "close");
    expect(answer.results?.slice(0, 8)).toEqual(ECHOES);
    expect(answer.results?.slice(8, 10)).toEqual(["sent", described(LONG + LONG)]);
    expect(extensionsOf(relay.client)).toMatch(/^permessage-deflate/);
    // Bun.serve declines what asks for a smaller window of the server's, for instance.
    const isAgreed = extensionsOf(relay.server).startsWith("permessage-deflate");
    if (call.name !== "Bun.serve") expect(isAgreed).toBe(true);
    expect(marksOf(relay.client)).toBe(isAgreed ? "cccc" : "pppp");
    expect(marksOf(relay.server)).toBe(isAgreed ? "cccc" : "pppp");
    requireLawful(relay.client);
    requireLawful(relay.server);
  });
});
