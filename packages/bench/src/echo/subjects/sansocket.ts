/** Ours, with all defaults. Text becomes a string and is encoded again, as in any application that reads it. */
import { serve } from "@sansocket/node";
import type { Listen } from "./subject.ts";

export const listen: Listen = async () => {
  const { address } = await serve({
    hostname: "127.0.0.1",
    port: 0,
    message(socket, data) {
      socket.write(data);
    },
  });
  if (address === null || "path" in address) throw new Error("bug: a port was asked for");
  return address.port;
};
