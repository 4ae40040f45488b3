import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { serveDownloads } from "../src/back-pressure.ts";
import { PATIENT, Visitor } from "./conversation.ts";

let folder = "";
let path = "";
const contents = Buffer.alloc(5_000_000, "0123456789");

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "recipes-"));
  path = join(folder, "file");
  await writeFile(path, contents);
});
afterAll(() => rm(folder, { recursive: true }));

test('all rows arrive in order, and "done" arrives behind them', async () => {
  await using server = await serveDownloads(0, path);
  const visitor = await Visitor.open(server.url);
  visitor.say("300");
  for (let row = 1; row <= 300; row += 1) {
    expect((await visitor.hear()).startsWith(`row ${row} `)).toBe(true);
  }
  expect(await visitor.hear()).toBe("done");
});

test("a client that does not read costs little more than the high mark, and gets everything later", async () => {
  await using server = await serveDownloads(0, path);
  const visitor = await Visitor.open(server.url);
  visitor.socket.pause();
  visitor.say("3000"); // 30 MB, of which the kernel takes a part
  const [socket] = server.sockets;
  await vi.waitFor(() => expect(socket!.unsent).toBeGreaterThan(1_048_576), PATIENT);
  expect(socket!.unsent).toBeLessThan(1_100_000);
  visitor.socket.resume();
  for (let row = 1; row <= 3_000; row += 1) await visitor.hearBytes();
  expect(await visitor.hear()).toBe("done");
});

test("a file arrives as one message", async () => {
  await using server = await serveDownloads(0, path);
  const visitor = await Visitor.open(server.url);
  visitor.say("file");
  expect((await visitor.hearBytes()).equals(contents)).toBe(true);
});

test("a missing file is answered with a message, and the connection stays open", async () => {
  await using server = await serveDownloads(0, join(folder, "none"));
  const visitor = await Visitor.open(server.url);
  visitor.say("file");
  expect(await visitor.hear()).toBe("there is no such file");
  visitor.say("0");
  expect(await visitor.hear()).toBe("done");
});

test("a client that leaves in the middle of a file does no harm to other clients", async () => {
  await using server = await serveDownloads(0, path);
  const leaving = await Visitor.open(server.url);
  leaving.socket.pause();
  leaving.say("file");
  const [socket] = server.sockets;
  await vi.waitFor(() => expect(socket!.unsent).toBeGreaterThan(0), PATIENT);
  leaving.socket.terminate();
  await socket!.closed;
  const visitor = await Visitor.open(server.url);
  visitor.say("0");
  expect(await visitor.hear()).toBe("done");
});
