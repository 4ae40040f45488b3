/** The server over the network, without a browser, in each runtime: as `pnpm start` runs it. */
import { connect, type Socket } from "@sansocket/node";
import { RUNTIMES } from "@sansocket/workshop/runtimes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readPageFiles } from "../src/page-files.ts";
import type { ServerMessage } from "../src/protocol.ts";
import type { WireItem } from "../src/wire-report.ts";
import { type Program, started } from "./program.ts";

describe.each(RUNTIMES)("on %s", (runtime) => {
  let program: Program;
  let url: string;

  beforeAll(async () => {
    program = await started(runtime);
    url = program.url;
  });

  afterAll(async () => {
    expect(await program.end()).toBe(0);
  });

  const enter = (path = "/socket"): Promise<Socket<undefined>> =>
    connect(url.replace("http:", "ws:").slice(0, -1) + path);

  async function next(socket: Socket<undefined>): Promise<ServerMessage> {
    for await (const message of socket) return JSON.parse(message as string) as ServerMessage;
    throw new Error("the connection is over");
  }

  const join = (name: string): string => JSON.stringify({ type: "join", room: "net", name });

  describe("plain HTTP", () => {
    test("the page comes with its policy, and once: the second time it is not modified", async () => {
      const first = await fetch(url);
      expect(first.status).toBe(200);
      expect(first.headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(await first.text()).toContain("</html>");
      const etag = first.headers.get("etag")!;
      const second = await fetch(url, { headers: { "If-None-Match": etag } });
      expect([second.status, await second.text()]).toEqual([304, ""]);
    });

    test("HEAD tells the length and sends nothing", async () => {
      const response = await fetch(url, { method: "HEAD" });
      const { bytes } = readPageFiles().get("/")!;
      expect(response.headers.get("content-length")).toBe(String(bytes.length));
      expect(await response.text()).toBe("");
    });

    test.each([
      ["/nothing", "GET", 404],
      ["/", "POST", 405],
    ])("%s by %s is answered with %i", async (path, method, status) => {
      const response = await fetch(new URL(path, url), { method });
      expect(response.status).toBe(status);
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    });
  });

  describe("the WebSocket", () => {
    test("is at one path only", async () => {
      await expect(enter("/elsewhere")).rejects.toMatchObject({ status: 404 });
    });

    test("is not for the pages of others", async () => {
      const socketUrl = `${url.replace("http:", "ws:")}socket`;
      const headers = { Origin: "https://elsewhere.example" };
      await expect(connect(socketUrl, { headers })).rejects.toMatchObject({ status: 403 });
    });

    test("answers what it does not understand, and goes on", async () => {
      const socket = await enter();
      for (const bad of ["{", new Uint8Array([1, 2]), '{"type":"say","key":"k","text":"hi"}']) {
        socket.write(bad);
        expect(await next(socket)).toMatchObject({ type: "refused" });
      }
      socket.write(join("Ada"));
      expect(await next(socket)).toMatchObject({ type: "joined", room: "net", name: "Ada" });
      await socket.close();
    });

    test("closes with 1009 what is longer than anything that it understands", async () => {
      const socket = await enter();
      socket.write("x".repeat(20_000));
      expect(await socket.closed).toMatchObject({ code: 1009 });
    });

    test("tells a room once of all who came within a moment, and of nobody twice", async () => {
      const first = await enter();
      first.write(join("First"));
      const guests = await Promise.all(Array.from({ length: 20 }, () => enter()));
      for (const [index, guest] of guests.entries()) guest.write(join(`Guest ${index}`));
      const told: string[] = [];
      let messages = 0;
      while (new Set(told).size < 21) {
        const message = await next(first);
        if (message.type !== "people") continue;
        messages += 1;
        told.push(...message.changed.map(({ name }) => name));
      }
      expect(told.length).toBe(21);
      expect(messages).toBeLessThan(21);
      await Promise.all([first, ...guests].map((socket) => socket.close()));
    });

    test("tells nobody of frames who did not ask", async () => {
      const [quiet, curious] = [await enter(), await enter("/socket?watch")];
      const itemsOf = async (): Promise<readonly WireItem[]> =>
        ((await next(curious)) as Extract<ServerMessage, { type: "frames" }>).items;
      expect(await itemsOf()).toMatchObject([
        { kind: "handshake", request: expect.arrayContaining(["GET /socket?watch HTTP/1.1"]) },
      ]);
      for (const socket of [quiet, curious]) socket.write('{"type":"probe"}');
      expect(await next(quiet)).toEqual({ type: "alive" });
      expect(await next(curious)).toEqual({ type: "alive" });
      expect(await itemsOf()).toMatchObject([
        { kind: "left-out", reports: 1 },
        { kind: "frame", direction: "in" },
        { kind: "frame", direction: "out" },
      ]);
      quiet.write('{"type":"probe"}');
      expect(await next(quiet)).toEqual({ type: "alive" });
      await Promise.all([quiet.close(), curious.close()]);
    });

    // The last test: it ends the server.
    test("is closed with 1001 when the server shuts down", async () => {
      const socket = await enter();
      const ended = program.end();
      expect(await socket.closed).toMatchObject({ code: 1001, wasClean: true });
      expect(await ended).toBe(0);
    });
  });
});
