/** A client that sends one burst, waits for all its echoes, and sends the next: the server does the same work each time. */
import { once } from "node:events";
import { connect } from "node:net";
import { caseNamed } from "../echo/cases.ts";
import { encodeBurst, encodeReply, REQUEST_HEAD } from "../echo/wire.ts";

export async function exchangeInLockStep(
  port: number,
  caseName: string,
  bursts: number,
): Promise<void> {
  const echoCase = caseNamed(caseName);
  const burst = encodeBurst(echoCase);
  const due = encodeReply(echoCase).length * echoCase.inFlight;
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  socket.write(REQUEST_HEAD);
  await once(socket, "data");
  await new Promise<void>((resolve, reject) => {
    let left = bursts;
    let arrived = 0;
    socket.on("data", (chunk: Buffer) => {
      arrived += chunk.length;
      if (arrived < due) return;
      arrived -= due;
      left -= 1;
      if (left === 0) resolve();
      else socket.write(burst);
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the server has closed the connection")));
    socket.write(burst);
  });
  socket.removeAllListeners("close");
  socket.destroy();
}
