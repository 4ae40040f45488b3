/** A host that does not answer whoever dials, on the machine itself. */
import { spawn } from "node:child_process";
import { connect as connectTcp, type Socket } from "node:net";

/**
 * A process that listens and is stopped, with as many connections in its queue as fit: the kernel answers no more of them,
 * as long as it is Linux's.
 */
export async function unansweringHost(): Promise<{ port: number; release: () => Promise<void> }> {
  const program = `const server = require("node:net").createServer();
    server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(server.address().port))`;
  const child = spawn("node", ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  const port = Number(await new Promise((resolve) => child.stdout.once("data", resolve)));
  child.kill("SIGSTOP");
  const fillers: Socket[] = [];
  for (let count = 0; count < 2; count += 1) {
    const filler = connectTcp(port, "127.0.0.1");
    filler.on("error", () => {});
    await new Promise((resolve) => filler.once("connect", resolve));
    fillers.push(filler);
  }
  const release = async (): Promise<void> => {
    for (const filler of fillers) filler.destroy();
    const gone = new Promise((resolve) => child.once("close", resolve));
    process.kill(child.pid!, "SIGKILL"); // Deno's child.kill works once
    await gone;
  };
  return { port, release };
}
