/** A server for one connection that says exactly what it is told, and records what the client says and how it ends. */
import { createServer, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Certificate } from "@sansocket/workshop/certificate";
import { RawConnection, type Step } from "@sansocket/workshop/raw-connection";
import { type WireFrame, wireFrames } from "@sansocket/workshop/wire-frames";
import { described } from "../programs/messages.mjs";

export interface ServerRecording {
  /** The request as text, but for the two things that differ every time: the key, and the port. */
  readonly head: string;
  /** Each frame without its masking key: the header, whether it was masked, and the payload. */
  readonly frames: readonly object[];
  /** What came behind the last whole frame. */
  readonly more: string;
  /** "FIN", "reset", or "by us". */
  readonly ended: string;
}

function comparable({ header, isMasked, payload }: WireFrame): object {
  const isShort = payload.length <= 125;
  return {
    header: header.toString("hex"),
    isMasked,
    payload: isShort ? payload.toString("hex") : described(payload),
  };
}

/**
 * @param tls what to serve with; null without TLS.
 * @param visit has a client connect to that port.
 */
export async function playServer(
  tls: Certificate | null,
  steps: readonly Step[],
  visit: (port: number) => void,
): Promise<ServerRecording> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  const visited = new Promise<Socket>((resolve) => server.once("connection", resolve));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  visit(port);
  const tcp = await visited;
  const socket = tls === null ? tcp : new TLSSocket(tcp, { isServer: true, ...tls });
  const connection = new RawConnection(tcp, socket);
  for (const step of steps) await connection.take(step);
  const { bytes, ended } = await connection.rest();
  server.close();
  const frames = wireFrames(bytes);
  const whole = frames.reduce((sum, { length }) => sum + length, 0);
  const head = connection.heard.head
    .replace(/^(sec-websocket-key: *)[A-Za-z0-9+/]{22}==\r$/im, "$1<key>\r")
    .replace(`:${port}\r`, ":<port>\r");
  return {
    head,
    frames: frames.map(comparable),
    more: bytes.subarray(whole).toString("hex"),
    ended,
  };
}
