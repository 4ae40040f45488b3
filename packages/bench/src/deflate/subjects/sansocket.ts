/** Ours, on any runtime. */
import { type DeflateCase, LEVEL } from "../cases.ts";

interface Served {
  readonly address: { readonly port: number } | { readonly path: string } | null;
}

interface Adapter<Deflate> {
  deflate(options?: { readonly level?: number; readonly contextTakeover?: boolean }): Deflate;
  readonly serve: Serve<Deflate>;
}

type Serve<Deflate> = (options: {
  readonly hostname: string;
  readonly port: number;
  readonly perMessageDeflate: false | Deflate;
  message(socket: { write(data: string | Uint8Array): unknown }, data: string | Uint8Array): void;
}) => Promise<Served>;

export async function listenWith<Deflate>(
  { deflate, serve }: Adapter<Deflate>,
  { terms }: DeflateCase,
): Promise<number> {
  const options =
    terms === "defaults" ? {} : { level: LEVEL, contextTakeover: terms === "takeover" };
  const { address } = await serve({
    hostname: "127.0.0.1",
    port: 0,
    perMessageDeflate: terms !== "off" && deflate(options),
    message(socket, data) {
      socket.write(data);
    },
  });
  if (address === null || "path" in address) throw new Error("bug: a port was asked for");
  return address.port;
}
