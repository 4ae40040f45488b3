/** Connections for `listeningLaw`, by node:net. Deno and Bun have it too. */
import { connect as connectSocket } from "node:net";
import type { ByteConnection, Connect } from "@sansocket/testing";

/** ms. An endpoint that says nothing for so long will say nothing more. */
const PATIENCE = 10_000;

export const connect: Connect = ({ hostname, port }) =>
  new Promise<ByteConnection>((resolve, reject) => {
    const socket = connectSocket({ host: hostname, port, noDelay: true });
    const chunks = socket[Symbol.asyncIterator]();
    socket.setTimeout(PATIENCE, () => {
      socket.destroy(new Error(`the endpoint was silent for ${PATIENCE} ms`));
    });
    socket.once("error", reject);
    socket.once("connect", () => {
      resolve({
        write: (bytes) => void socket.write(bytes),
        async read() {
          try {
            const { done, value } = await chunks.next();
            return done === true ? null : new Uint8Array(value as Uint8Array);
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code === undefined) throw error;
            return null; // reset
          }
        },
        close: () => void socket.destroy(),
      });
    });
  });
