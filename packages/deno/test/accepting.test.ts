import { connect } from "@sansocket/deno";
import { expect, test } from "vitest";
import { RawPeer } from "./raw-peer.ts";

const folder = new URL(".", import.meta.url).pathname;

test("a server with too many open files says so, and accepts again once there are fewer", async ({
  skip,
}) => {
  skip(Deno.build.os === "windows", "no limit of open files can be set there");
  const child = new Deno.Command("sh", {
    args: ["-c", `ulimit -n 60 && exec "${Deno.execPath()}" run -A crowded.ts`],
    cwd: folder,
    stdout: "piped",
  }).spawn();
  const lines = linesOf(child.stdout);
  const url = (await lines.next()).value!;
  const peers: RawPeer[] = [];
  for (let count = 0; count < 80; count += 1) {
    peers.push(await RawPeer.connect(Number(new URL(url).port)));
  }
  expect((await lines.next()).value).toBe("accept-failed");
  for (const peer of peers) peer.close();
  const socket = await connect(url);
  socket.write("still here");
  const { value } = await socket[Symbol.asyncIterator]().next();
  expect(value).toBe("still here");
  await socket.close();
  child.kill();
  await child.status;
  await lines.return();
});

async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string, void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
