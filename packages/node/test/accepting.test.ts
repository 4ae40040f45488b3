import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect as connectTcp, type Socket as TcpSocket } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { connect, type Socket } from "@sansocket/node";
import { afterEach, expect, test } from "vitest";

const program = fileURLToPath(new URL("crowded.mjs", import.meta.url));

let child: ChildProcess | null = null;

afterEach(() => void child?.kill());

/** Until the server has noticed that others have left. */
async function served(url: string): Promise<Socket> {
  for (;;) {
    try {
      return await connect(url);
    } catch (error) {
      expect(error).toMatchObject({ code: "ended" });
    }
  }
}

test("with too many open files Node drops connections without a word, and the server serves again once there are fewer", async ({
  skip,
}) => {
  if (process.platform === "win32") skip("no limit of open files can be set there");
  child = spawn("sh", ["-c", 'ulimit -n 256 && exec "$0" "$1"', process.execPath, program], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  const lines: string[] = [];
  const output = createInterface({ input: child.stdout! });
  output.on("line", (line) => lines.push(line));
  await once(output, "line");
  const [url] = lines as [string];
  const peers: TcpSocket[] = [];
  const dropped = new Promise<void>((resolve) => {
    for (let count = 0; count < 20; count += 1) {
      const peer = connectTcp(Number(new URL(url).port), "127.0.0.1");
      peer.on("error", () => {});
      peer.once("close", () => resolve());
      peer.resume();
      peers.push(peer);
    }
  });
  await dropped;
  for (const peer of peers) peer.destroy();
  const socket = await served(url);
  socket.write("still here");
  expect((await socket[Symbol.asyncIterator]().next()).value).toBe("still here");
  await socket.close();
  // libuv closes what it has no descriptor for, and says nothing: `error` cannot hear of it.
  expect(lines).toEqual([url]);
});
