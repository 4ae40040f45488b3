/** The adapter of Node in realms of `node:vm`, as test runners make them (Jest, jsdom), and with globals that are replaced. */
import { createRequire } from "node:module";
import { type Context, createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";
import { PROGRAMS } from "./bundle.ts";

const PROGRAM = `
  import { connect, serve, WebSocket } from "@sansocket/node";
  globalThis.echoed = async () => {
    const server = await serve({ port: 0, hostname: "127.0.0.1", message: (socket, data) => socket.write(data) });
    const socket = await connect(server.url);
    socket.write("text");
    socket.write(new Uint8Array([1, 2]));
    const got = [];
    for await (const message of socket) {
      got.push(typeof message === "string" ? message : [...message].join());
      if (got.length === 2) break;
    }
    got.push(typeof await socket.ping());
    await socket.close();
    await server.shutdown();
    return got.join(" ");
  };
  globalThis.events = async () => {
    const server = await serve({ port: 0, hostname: "127.0.0.1", message: (socket, data) => socket.write(data) });
    const socket = new WebSocket(server.url);
    const words = [];
    await new Promise((resolve) => {
      socket.onopen = () => { words.push("open"); socket.send("text"); };
      socket.onmessage = ({ data }) => { words.push(data); socket.close(); };
      socket.onclose = ({ code }) => { words.push("close " + code); resolve(); };
    });
    await server.shutdown();
    return words.join();
  };
`;

let code: string;

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: { contents: PROGRAM, resolveDir: PROGRAMS },
    bundle: true,
    write: false,
    platform: "node",
    format: "cjs",
    target: "es2022",
    conditions: ["@sansocket/source"],
    logLevel: "silent",
  });
  code = outputFiles[0]!.text;
});

type Names = Readonly<Record<string, unknown>>;
type Program = Context & { echoed(): Promise<string>; events(): Promise<string> };

/** Loads the adapter where there are only these globals, besides those of the language. */
function load(globals: Names): Program {
  const context = createContext({
    require: createRequire(import.meta.url),
    module: {},
    ...globals,
  });
  runInContext(`(() => {${code}})()`, context); // otherwise its names would be globals
  return context as Program;
}

/** What Jest's environment for Node hands over. */
function nodeGlobals(): Names {
  const names = Object.getOwnPropertyNames(globalThis).filter((name) => !(name in LANGUAGE));
  return Object.fromEntries(names.map((name) => [name, Reflect.get(globalThis, name)]));
}

const LANGUAGE = runInContext("globalThis", createContext({})) as object;

/** A timer in a window is a number. */
const numbers = {
  setTimeout: (callback: () => void, delay: number): number => {
    setTimeout(callback, delay);
    return 1;
  },
  clearTimeout: (): void => {},
};

/** As fake timers leave them: nothing ever fires, unless a test moves the clock. */
function fake(): unknown {
  return Object.assign(() => ({ id: 1 }), { clock: {} });
}

const FAKES = { setTimeout: fake(), setImmediate: fake(), queueMicrotask: fake() };

const ECHOED = "text 1,2 number";
const EVENTS = "open,text,close 1005";

describe("the adapter of Node, in a realm", () => {
  test("with the globals of Node", async () => {
    const program = load(nodeGlobals());
    expect(await program.echoed()).toBe(ECHOED);
    expect(await program.events()).toBe(EVENTS);
  });

  test("with next to no globals serves and connects, and its class says what it lacks", async () => {
    const program = load({ URL, AbortController });
    expect(await program.echoed()).toBe(ECHOED);
    await expect(program.events()).rejects.toThrow("needs the global EventTarget");
  });

  test("where setTimeout returns a number", async () => {
    const program = load({ ...nodeGlobals(), ...numbers });
    expect(await program.echoed()).toBe(ECHOED);
    expect(await program.events()).toBe(EVENTS);
  });

  for (const name of ["TextEncoder", "TextDecoder", "crypto", "performance", "Blob"]) {
    test(`without ${name}`, async () => {
      const program = load({ ...nodeGlobals(), [name]: undefined });
      expect(await program.echoed()).toBe(ECHOED);
      expect(await program.events()).toBe(EVENTS);
    });
  }

  test("with fake timers that were there before", async () => {
    const program = load({ ...nodeGlobals(), ...FAKES });
    expect(await program.echoed()).toBe(ECHOED);
    expect(await program.events()).toBe(EVENTS);
  });

  test("with the fake timers of jsdom that were there before, without setImmediate and MessageChannel", async () => {
    const missing = { setImmediate: undefined, MessageChannel: undefined };
    const program = load({ ...nodeGlobals(), ...FAKES, ...missing });
    expect(await program.echoed()).toBe(ECHOED);
    expect(await program.events()).toBe(EVENTS);
  });

  test("compiled to CommonJS, when a test runner replaces the timers of Node's module behind it", async () => {
    const require = createRequire(import.meta.url);
    const timers = { ...(require("node:timers") as object) };
    const withTimers = (name: string): unknown =>
      name === "node:timers" ? timers : (require(name) as unknown);
    const program = load({ ...nodeGlobals(), require: withTimers });
    for (const name of Object.keys(timers)) {
      Reflect.set(timers, name, () => {
        throw new Error(`the replaced ${name} of node:timers`);
      });
    }
    expect(await program.echoed()).toBe(ECHOED);
    expect(await program.events()).toBe(EVENTS);
  });

  test("whose globals are replaced behind it, each by one that always throws", async () => {
    const program = load(nodeGlobals());
    const names = Object.keys(nodeGlobals()).filter((name) => !KEPT.has(name));
    for (const name of names) {
      Reflect.defineProperty(program, name, {
        value: class {
          constructor() {
            throw new Error(`the replaced ${name}`);
          }
        },
      });
    }
    expect(await program.echoed()).toBe(ECHOED);
    expect(await program.events()).toBe(EVENTS);
  });
});

/** What is no class that anybody replaces: URLs are only read. */
const KEPT: ReadonlySet<string> = new Set([
  "URL",
  "URLSearchParams",
  "console",
  "globalThis",
  "global",
]);
