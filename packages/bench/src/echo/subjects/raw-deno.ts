/** {@link RawConnection} on `Deno.listen`. */
import { RESPONSE_HEAD } from "../wire.ts";
import { RawConnection, rawCaseOf } from "./raw.ts";
import type { Listen } from "./subject.ts";

interface Conn {
  setNoDelay(isOn: boolean): void;
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
}

declare const Deno: {
  listen(options: {
    readonly hostname: string;
    readonly port: number;
  }): AsyncIterable<Conn> & { readonly addr: { readonly port: number } };
};

/** An idle connection holds the first; a read that fills it asks for the second. */
const LEAST_READ_BYTES = 4_096;
const MOST_READ_BYTES = 65_536;

async function writeAll(conn: Conn, bytes: Uint8Array): Promise<void> {
  let written = await conn.write(bytes);
  while (written < bytes.length) written += await conn.write(bytes.subarray(written));
}

export const listen: Listen = async (echoCase) => {
  const { frameBytes, replies, replyBytes, isBroadcast } = rawCaseOf(echoCase);
  const conns = new Set<Conn>();
  const head = new TextEncoder().encode(RESPONSE_HEAD);
  const serve = async (conn: Conn): Promise<void> => {
    conn.setNoDelay(true);
    conns.add(conn);
    const connection = new RawConnection();
    let into = new Uint8Array(LEAST_READ_BYTES);
    try {
      for (;;) {
        const byteCount = await conn.read(into);
        if (byteCount === null) break;
        const due = connection.received(into.subarray(0, byteCount), frameBytes);
        if (byteCount === into.length && byteCount < MOST_READ_BYTES) {
          into = new Uint8Array(MOST_READ_BYTES);
        }
        if (due < 0) await writeAll(conn, head);
        else if (due === 0) continue;
        else if (isBroadcast) {
          await Promise.all([...conns].map((each) => writeAll(each, replies)));
        } else await writeAll(conn, replies.subarray(0, due * replyBytes));
      }
    } catch {
      // The generator leaves without a farewell.
    }
    conns.delete(conn);
  };
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  void (async () => {
    for await (const conn of listener) void serve(conn);
  })();
  return listener.addr.port;
};
