/** Ours, with all defaults. Text becomes a string and is encoded again, as in any application that reads it. */
import type { Listen } from "./subject.ts";

/** Of `@sansocket/node`, what is used here. */
interface Adapter {
  serve(options: {
    readonly hostname: string;
    readonly port: number;
    message(socket: { write(data: string | Uint8Array): unknown }, data: string | Uint8Array): void;
  }): Promise<{ readonly address: { readonly port: number } }>;
}

/** A variable, so that the compiler does not look for it: it may not be there. */
const ADAPTER: string = "@sansocket/node";

export const listen: Listen = async () => {
  const { serve } = (await import(ADAPTER)) as Adapter;
  const server = await serve({
    hostname: "127.0.0.1",
    port: 0,
    message(socket, data) {
      socket.write(data);
    },
  });
  return server.address.port;
};
