/** As much as you like, to clients that read as slowly as they like, in little memory. */
import { open } from "node:fs/promises";
import { type Socket, serve } from "@sansocket/node";

export function serveDownloads(port: number, path: string) {
  return serve({
    port,
    // Awaited: the next message of this client waits until it has got its answer. Others do not.
    async message(socket, message) {
      if (message === "file") await sendFile(socket, path);
      else await sendRows(socket, Number(message));
    },
  });
}

/** Many messages: go on until there is pressure, then wait until there is none. */
async function sendRows(socket: Socket, count: number): Promise<void> {
  for (let row = 1; row <= count; row += 1) {
    const result = socket.write(`row ${row} `.padEnd(10_000, "."));
    if (result === "closed") return;
    if (result === "pressure") await socket.ready();
  }
  await socket.send("done"); // "sent" once the kernel has it, "closed" when there is nobody any more
}

/** One message of any size: in fragments, read from the disk as fast as the client takes them. */
async function sendFile(socket: Socket, path: string): Promise<void> {
  const file = await open(path).catch(() => null);
  if (file === null) {
    socket.write("there is no such file");
    return;
  }
  // Closes the file, whatever happens. A read that fails ends the connection with 1011: half a message was sent.
  await socket.sendStream(file.createReadStream());
}
