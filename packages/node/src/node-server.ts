/** A server that can share a port with node:http, and listens by itself too. */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import {
  type Adapter,
  type CreateOptions,
  checkOptions,
  intakeOf,
  judgedLater,
  MisuseError,
  type ServeOptions,
  Server,
} from "@sansocket/driver";
import { fromDuplex, requireUnserved } from "./node-transport.ts";
import { rewrite, upgradedOf } from "./upgraded.ts";

const KNOWN_UPGRADE_OPTIONS = { data: judgedLater };

/** `ws` takes a callback there. */
const NO_CALLBACK =
  "handleUpgrade takes no callback: the hook open gets the socket. The fourth argument is { data }, the first value of " +
  "socket.data";

/** A {@link Server} that also takes requests which a `node:http` or `node:https` server has read. */
export class NodeServer<Data = undefined> extends Server<Data> {
  /**
   * Serves a request that a `node:http` or `node:https` server has taken for an upgrade:
   * `http.on("upgrade", (request, socket, head) => server.handleUpgrade(socket, request, head))`. The order
   * `(request, socket, head)`, which the event and `ws` have, is understood too.
   *
   * A server that is full or shut down answers 503. A request that an application has rewritten, so that its parts are no
   * bytes any more or hold line ends, is answered with 400, and `error` hears of it.
   * The request is `request.raw` in the `upgrade` hook and of `socket.request`, so that what middleware has put on it
   * arrives: a session, a user.
   * @param head the bytes that came behind the request, in the same packet.
   * @param options.data the first value of `socket.data`, unless `accept` gives another.
   * @throws MisuseError for other arguments, for a socket that is served already, and for a request that a route of the HTTP
   * server got.
   */
  handleUpgrade(
    socket: Duplex,
    request: IncomingMessage,
    head: Uint8Array,
    options?: { readonly data?: Data },
  ): void;
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Uint8Array,
    options?: { readonly data?: Data },
  ): void;
  handleUpgrade(
    one: Duplex | IncomingMessage,
    other: Duplex | IncomingMessage,
    head: Uint8Array,
    options: { readonly data?: Data } = {},
  ): void {
    if (typeof options === "function") throw new MisuseError(NO_CALLBACK);
    const { data } = checkOptions("options", options, KNOWN_UPGRADE_OPTIONS);
    const upgraded = upgradedOf(one, other, head);
    const { socket } = upgraded;
    requireUnserved(socket);
    const { setTimeout } = socket as Partial<Socket>;
    setTimeout?.call(socket, 0); // the HTTP server's idea of how long a connection may be silent
    // The request is judged where all are: by the engine, from its bytes.
    const { bytes, fault } = rewrite(upgraded);
    const open = fromDuplex(socket, bytes);
    const intake = intakeOf(this);
    if (fault !== null) intake.refuse(open, "rewritten", fault);
    else if (!intake.accept(open, { raw: upgraded.request, data }))
      intake.refuse(open, "not-taken", null);
  }
}

/** The exports of this adapter. Its servers are of the class {@link NodeServer}. */
export interface NodeAdapter extends Adapter {
  /** See {@link Adapter.serve}. */
  serve<Data = undefined>(options: ServeOptions<Data>): Promise<NodeServer<Data>>;
  /** See {@link Adapter.createServer}. The server is for {@link NodeServer.handleUpgrade} too. */
  createServer<Data = undefined>(options: CreateOptions<Data>): NodeServer<Data>;
}
