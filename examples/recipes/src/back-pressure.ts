/** Sends any amount of data to clients of any speed, in little memory. */
import { open } from "node:fs/promises";
import { type Socket, serve } from "@sansocket/node";

export function serveDownloads(port: number, path: string) {
  return serve({
    port,
    // Awaited: the next message of this client waits for this answer. Other clients do not wait.
    async message(socket, message) {
      if (message === "file") await sendFile(socket, path);
      else await sendRows(socket, Number(message));
    },
  });
}

/** Many messages: write until there is pressure, then wait until there is none. */
async function sendRows(socket: Socket, count: number): Promise<void> {
  for (let row = 1; row <= count; row += 1) {
    const result = socket.write(`row ${row} `.padEnd(10_000, "."));
    if (result === "closed") return;
    if (result === "pressure") await socket.ready();
  }
  await socket.send("done"); // "sent" when the kernel has it, "closed" when the connection is over
}

/** One message of any size, in fragments. The disk is read as fast as the client takes the fragments. */
async function sendFile(socket: Socket, path: string): Promise<void> {
  const file = await open(path).catch(() => null);
  if (file === null) {
    socket.write("there is no such file");
    return;
  }
  // Always closes the file. A read that fails ends the connection with 1011, because half a message was sent.
  await socket.sendStream(file.createReadStream());
}
