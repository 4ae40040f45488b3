/** Compression where it pays: news is compressed once for all clients. Pictures and secrets are sent uncompressed. */
import { deflate, prepare, serve } from "@sansocket/node";

export async function serveNews(port: number) {
  const server = await serve({
    port,
    // All connections share one compressor. A client that sends compressed messages costs an inflater of some 50 KiB.
    perMessageDeflate: deflate({ threshold: 512, maxRatio: 200 }),
    limits: { message: 65_536 }, // counts the inflated bytes: 65 KB on the wire can become 64 MiB
    message() {}, // clients should say nothing
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
   * A token beside text that a stranger has chosen. The compressed length shows an observer of the traffic how much the two
   * have in common. After some hundred tries the observer knows the token.
   */
  function answer(query: string, token: string): void {
    for (const socket of server.sockets) {
      socket.write(JSON.stringify({ query, token }), { compress: false });
    }
  }

  return { server, publish, show, answer };
}
