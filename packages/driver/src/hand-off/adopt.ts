/** A connection comes to this server, from another server of this process or from another process. */
import { isBytes, MisuseError } from "@sansocket/core";
import { restoreEndpoint } from "@sansocket/core/snapshot";
import { checkOptions } from "../known-options.ts";
import { anOpenTransport, judgedLater } from "../option-kinds.ts";
import type { OpenTransport } from "../runtime/transport.ts";
import { intakeOf, type Server } from "../server/server.ts";
import type { Socket } from "../socket/socket.ts";
import type { MovedConnection } from "./detach.ts";

/** The facts that the new server knows of the connection besides its state. */
export interface AdoptOptions<Data> {
  /** The value of `socket.data`. Default: undefined. */
  readonly data?: Data;
}

const KNOWN = { data: judgedLater };

/**
 * Serves a connection that has left another server: the hook `adopted` is called in place of `open`, and the messages go on
 * where they were. The options of both servers must agree in `perMessageDeflate` and `trace`.
 * @param open opens the transport of the connection. Its first byte is the one behind the last byte that the other server
 * got.
 * @returns null when the server did not take the connection: it has `maxConnections`, or is shut down. The transport is
 * untouched then.
 * @throws SnapshotError for bytes that are no snapshot, and for settings that do not fit. @throws MisuseError.
 */
export function adopt<Data>(
  server: Server<Data>,
  moved: MovedConnection,
  open: OpenTransport,
  options: AdoptOptions<Data> = {},
): Socket<Data> | null {
  const { data } = checkOptions("options", options, KNOWN);
  anOpenTransport("the transport to adopt", open);
  const { snapshot, waiting = [], request = null } = moved ?? {};
  if (!Array.isArray(waiting) || !waiting.every(isMessage)) {
    throw new MisuseError("waiting is no list of texts and Uint8Arrays: give what `detach` gave");
  }
  if (request !== null && typeof request !== "string") {
    throw new MisuseError("request is no string: give what `detach` gave, or null");
  }
  const socket = intakeOf(server as Server<unknown>).adopt(
    (settings, now) => {
      const endpoint = restoreEndpoint(snapshot!, settings, now);
      if (endpoint.role === "server") return endpoint;
      throw new MisuseError("the snapshot is one of a client: a server adopts its own side only");
    },
    open,
    { request, waiting, data },
  );
  return socket as Socket<Data> | null;
}

function isMessage(value: unknown): boolean {
  return typeof value === "string" || isBytes(value);
}
