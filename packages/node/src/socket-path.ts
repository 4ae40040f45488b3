/** Paths of unix sockets. */
import { Buffer } from "node:buffer";
import process from "node:process";

/** Bytes of `sun_path` without the last one, which is 0: `sun_path` has 108 on Linux, 104 on macOS and the BSDs. */
const LONGEST = process.platform === "linux" ? 107 : 103;

/**
 * Node 20 and earlier cut a path that is too long, and say nothing: the socket has another name then.
 * @throws an Error with the code of later releases, ENAMETOOLONG.
 */
export function requireSocketPath(path: string): void {
  if (process.platform === "win32" || Buffer.byteLength(path) <= LONGEST) return;
  const message = `ENAMETOOLONG: the path of a unix socket has at most ${LONGEST} bytes`;
  throw Object.assign(new Error(message), { code: "ENAMETOOLONG" });
}
