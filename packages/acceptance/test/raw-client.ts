/** A client that says exactly what it is told, and records what comes back and how it ended. */
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { RawConnection, type Step } from "@sansocket/workshop/raw-connection";

export interface Recording {
  /** The head of the answer as text, and the frames behind it, or the body, as hexadecimal digits. */
  readonly head: string;
  readonly rest: string;
  /** "FIN", "reset", or "by us". */
  readonly ended: string;
}

/** @param ca whom to trust, for TLS. */
export function rawConnect(port: number, ca: string | null): RawConnection {
  const tcp = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  return new RawConnection(tcp, ca === null ? tcp : secured(tcp, ca));
}

function secured(tcp: Socket, ca: string): Socket {
  return connectTls({ socket: tcp, ca, servername: "localhost" });
}

export async function play(
  port: number,
  ca: string | null,
  steps: readonly Step[],
): Promise<Recording> {
  const connection = rawConnect(port, ca);
  for (const step of steps) await connection.take(step);
  const { bytes, ended } = await connection.rest();
  return { head: connection.heard.head, rest: bytes.toString("hex"), ended };
}
