/** Compression where it pays: news compressed once for everybody; pictures and secrets as they are. */
import { prepare, serve } from "@sansocket/node";

export async function serveNews(port: number) {
  const server = await serve({
    port,
    // All connections share one compressor. A client that sends compressed messages costs an inflater of some 50 KiB.
    perMessageDeflate: { threshold: 512, maxRatio: 200 },
    limits: { message: 65_536 }, // counted as the message is inflated: 65 KB on the wire can be 64 MiB
    message() {}, // nothing is expected of clients
  });

  function publish(news: object): void {
    const message = prepare(JSON.stringify(news));
    for (const socket of server.sockets) socket.write(message);
  }

  /** A picture is compressed already: compressing it again takes CPU time and saves nothing. */
  function show(picture: Uint8Array): void {
    const message = prepare(picture);
    for (const socket of server.sockets) socket.write(message, { compress: false });
  }

  /**
   * A token beside text that a stranger has chosen: the length of what is compressed tells whoever sees the traffic how
   * much the two have in common, and in some hundred tries the token itself.
   */
  function answer(query: string, token: string): void {
    for (const socket of server.sockets) {
      socket.write(JSON.stringify({ query, token }), { compress: false });
    }
  }

  return { server, publish, show, answer };
}
