/** A worker: an echo server for what connects to it by TCP, and over HTTP it is told where to connect to. */
import { connect, type Socket } from "cloudflare:sockets";
import { fromStreams } from "@sansocket/driver";
import { converse, converseByClass, converseInMemory, echoServer } from "./conversation.ts";

declare const IdentityTransformStream: typeof TransformStream<Uint8Array, Uint8Array>;

/** How connections have ended. */
const ended: string[] = [];

export default {
  async fetch({ url }: { readonly url: string }): Promise<Response> {
    const { pathname, searchParams } = new URL(url);
    switch (pathname) {
      case "/memory":
        return Response.json(await converseInMemory());
      case "/memory-of-bytes":
        return Response.json(await converseInMemory(IdentityTransformStream));
      case "/class":
        return Response.json(await converseByClass());
      case "/ended":
        return Response.json(ended.splice(0));
      default: {
        const highWaterMark = searchParams.get("highWaterMark");
        const tcp = connect(`127.0.0.1:${searchParams.get("port")}`, {
          allowHalfOpen: searchParams.get("allowHalfOpen") === "true",
          ...(highWaterMark === null ? {} : { highWaterMark: Number(highWaterMark) }),
        });
        return Response.json(await converse(tcp, false));
      }
    }
  },

  /**
   * One server for each connection: nothing that belongs to one may be used by another. The socket's own `closed` would be
   * too early: the driver has not read the end by then, and what has not run when this returns never does.
   */
  async connect(tcp: Socket): Promise<void> {
    const { readable, writable } = tcp;
    const server = echoServer((how) => ended.push(how));
    await new Promise<void>((resolve) => {
      const close = (): void => resolve(tcp.close());
      server.accept(fromStreams({ readable, writable, close }));
    });
  },
};
