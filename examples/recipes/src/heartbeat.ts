/** The engine finds silent peers by itself. `ping` measures the round trip to a peer. */
import { setTimeout as delay } from "node:timers/promises";
import { type Socket, serve } from "@sansocket/node";

export interface Health {
  /** ms to the client and back; null before the first pong. */
  roundTrip: number | null;
}

export function serveMeasured(port: number, interval = 10_000) {
  return serve<Health>({
    port,
    // A ping after 15 s without a byte from the client. After 5 s more without a byte the client is closed with 1001.
    timeouts: { ping: 15_000, pong: 5_000 },
    upgrade: (request) => request.accept({ data: { roundTrip: null } }),
    open(socket) {
      void measure(socket, interval); // not awaited: otherwise the first message would wait for it
    },
    message(socket) {
      socket.write(JSON.stringify(socket.data));
    },
  });
}

async function measure(socket: Socket<Health>, interval: number): Promise<void> {
  for (;;) {
    const roundTrip = await socket.ping(); // never rejects
    if (roundTrip === "closed") return;
    socket.data.roundTrip = roundTrip;
    await delay(interval, undefined, { ref: false });
  }
}
