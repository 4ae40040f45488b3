/**
 * Ours as an echo server is written: with `lend`, for the message is written back before the hook returns. (What `ws` gives
 * to its listeners are views too.) Text becomes a string and is encoded again, as in any application that reads it.
 */
import { serve } from "@sansocket/node";
import type { Listen } from "./subject.ts";

export const listen: Listen = () => listenWith({ lend: true });

export async function listenWith({ lend }: { readonly lend: boolean }): Promise<number> {
  const { address } = await serve({
    hostname: "127.0.0.1",
    port: 0,
    lend,
    message(socket, data) {
      socket.write(data);
    },
  });
  if (address === null || "path" in address) throw new Error("bug: a port was asked for");
  return address.port;
}
