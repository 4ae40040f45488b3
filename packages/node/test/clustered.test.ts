import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** The primary makes the file of a unix socket, by its own umask. */
const REFUSED = "MisuseError";

test("under cluster a mode of the file is refused, and the primary hears of the worker's server, and of no other one that tries something out", async () => {
  const program = fileURLToPath(new URL("clustered.mjs", import.meta.url));
  const env = { ...process.env, NODE_OPTIONS: "" };
  const { stdout } = await promisify(execFile)(process.execPath, [program], {
    env,
    timeout: 60_000,
  });
  expect(JSON.parse(stdout)).toEqual({
    listening: 1,
    message: { is: "serving", refused: REFUSED },
  });
}, 90_000);
