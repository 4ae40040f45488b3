/**
 * Ours, on any runtime. With `lend` a message lies in the engine's memory until the hook returns, which is enough for an
 * echo; by default each message has a buffer of its own, which the application may keep. Text becomes a string and is encoded
 * again, as in any application that reads it.
 */
import type { PreparedMessage } from "@sansocket/core";
import { prepare } from "@sansocket/driver/application";
import type { EchoCase } from "../cases.ts";

export type Data = string | Uint8Array<ArrayBuffer>;

interface Writer {
  write(data: Data | PreparedMessage): unknown;
}

interface Served {
  readonly address: { readonly port: number } | { readonly path: string } | null;
  readonly sockets: readonly Writer[];
}

export interface Hooks {
  readonly lend: boolean;
  message(socket: Writer, data: Data): void | Promise<void>;
}

type Serve = (
  options: Hooks & { readonly hostname: string; readonly port: number },
) => Promise<Served>;

export function hooksFor(
  { exchange, isAsync }: EchoCase,
  lend: boolean,
  server: () => { readonly sockets: readonly Writer[] },
): Hooks {
  if (isAsync) {
    return {
      lend,
      async message(socket, data) {
        socket.write(await Promise.resolve(data));
      },
    };
  }
  return {
    lend,
    message(socket, data) {
      if (exchange !== "broadcast") {
        socket.write(data);
        return;
      }
      const prepared = prepare(data);
      for (const each of server().sockets) each.write(prepared);
    },
  };
}

export async function listenWith(
  serve: Serve,
  echoCase: EchoCase,
  { lend }: { readonly lend: boolean },
): Promise<number> {
  const server: Served = await serve({
    hostname: "127.0.0.1",
    port: 0,
    ...hooksFor(echoCase, lend, () => server),
  });
  const { address } = server;
  if (address === null || "path" in address) throw new Error("bug: a port was asked for");
  return address.port;
}
