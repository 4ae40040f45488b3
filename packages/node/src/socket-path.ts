/** Paths of unix sockets. */
import { Buffer } from "node:buffer";
import process from "node:process";

/** Octets of `sun_path`, without the one that ends it: 108 on Linux, 104 on macOS and the BSDs. */
const LONGEST = process.platform === "linux" ? 107 : 103;

/**
 * Up to 20, Node takes as much of a path as the kernel does, and says nothing: the socket has another name then.
 * @throws an Error with the code that later releases have, ENAMETOOLONG.
 */
export function requireSocketPath(path: string): void {
  if (process.platform === "win32" || Buffer.byteLength(path) <= LONGEST) return;
  const message = `ENAMETOOLONG: the path of a unix socket has at most ${LONGEST} octets`;
  throw Object.assign(new Error(message), { code: "ENAMETOOLONG" });
}
