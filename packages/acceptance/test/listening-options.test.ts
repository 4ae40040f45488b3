/** Where a server listens, beyond a port: the file of a unix socket, a port that others share, what somebody else has opened. */
import { existsSync, statSync } from "node:fs";
import { type ListenOptions, MisuseError } from "@sansocket/node";
import { describe, expect, test } from "vitest";
import { connect, runtime, serve } from "./adapter.ts";
import { portOf, unixPath } from "./places.ts";

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

describe("the file of a unix socket", () => {
  test.each([0o600, 0o660, 0o777])("has the mode that pathMode says, here %i", async (pathMode) => {
    const path = unixPath();
    const before = process.umask();
    await using server = await serve({ path, pathMode, message() {} });
    expect(modeOf(path)).toBe(pathMode.toString(8));
    expect(process.umask()).toBe(before);
    const socket = await connect("ws://localhost/", { path });
    await socket.close();
    expect(server.address).toEqual({ path });
  });

  test("that cannot be made leaves the umask as it was", async () => {
    const before = process.umask();
    const path = `${unixPath()}/in/no/folder`;
    await expect(serve({ path, pathMode: 0o600, message() {} })).rejects.toMatchObject({
      code: "listen-failed",
    });
    expect(process.umask()).toBe(before);
  });

  test("is gone after a shutdown, so that the path is free again", async () => {
    const path = unixPath();
    for (let round = 0; round < 2; round += 1) {
      const server = await serve({ path, message() {} });
      expect(existsSync(path)).toBe(true);
      await server.shutdown();
      expect(existsSync(path)).toBe(false);
    }
  });
});

/** Deno's depends on a flag of the command line, without which the process would end. */
function canShare(): boolean {
  if (runtime === "bun") return true;
  if (runtime === "deno") return "listenDatagram" in (globalThis as { Deno?: object }).Deno!;
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
}

test("two servers share a port with reusePort, or each is a MisuseError", async () => {
  const options: ListenOptions = { hostname: "127.0.0.1", reusePort: true };
  if (!canShare()) {
    await expect(serve({ ...options, message() {} })).rejects.toBeInstanceOf(MisuseError);
    return;
  }
  await using first = await serve({ ...options, message() {} });
  const port = portOf(first);
  await using second = await serve({ ...options, port, message() {} });
  expect(portOf(second)).toBe(port);
});

test("without reusePort, or where it is false, a port is for one server", async () => {
  for (const options of [{}, { reusePort: false }]) {
    const place = { hostname: "127.0.0.1", ...options, message() {} };
    await using first = await serve(place);
    await expect(serve({ ...place, port: portOf(first) })).rejects.toMatchObject({
      code: "listen-failed",
    });
  }
});

test.each([
  ["fd", { fd: 10_000 }],
  ["listener", { listener: {} }],
])("the option %s is not silently left out", async (name, options) => {
  const error: unknown = await serve({ ...options, message() {} }).catch((caught) => caught);
  if (runtime === "node" && name === "fd") expect(error).toMatchObject({ code: "listen-failed" });
  else expect(error).toBeInstanceOf(MisuseError);
});
