import { connect, type WatchedFrame } from "@sansocket/node";
import { expect, test } from "vitest";
import { serveNews } from "../src/compression.ts";

test("news arrive compressed, pictures and secrets uncompressed", async () => {
  const { server, publish, show, answer } = await serveNews(0);
  const frames: WatchedFrame[] = [];
  const socket = await connect(server.url, {
    trace: (_socket, frame) => void frames.push(frame),
  });
  const messages = socket[Symbol.asyncIterator]();
  const news = { headline: "again ".repeat(200) };
  publish(news);
  expect(JSON.parse(String((await messages.next()).value))).toEqual(news);
  show(new Uint8Array(1_000));
  expect((await messages.next()).value).toEqual(new Uint8Array(1_000));
  answer("q".repeat(1_000), "secret");
  await messages.next();
  const incoming = frames.filter(({ direction }) => direction === "in");
  // RSV1 is the bit of compressed messages (RFC 7692 §6).
  expect(incoming.map(({ rsv }) => rsv)).toEqual([4, 0, 0]);
  await server.shutdown();
});
