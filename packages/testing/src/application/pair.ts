/** Two connected sockets for tests of applications, without a network. */
import type { ConnectOptions, Server, ServerOptions, Socket } from "@sansocket/driver";
import { laterTurn } from "./macrotask.ts";
import {
  openNetwork,
  type VirtualNetwork,
  type VirtualNetworkOptions,
  type VirtualTime,
  virtualTime,
} from "./virtual-network.ts";

/** The two sides of a pair, and the network between them. */
export interface PairOptions<Data = undefined, ClientData = undefined> {
  /** The options and the hooks of the server, as `serve` takes them, without the place to listen. Default: none. */
  readonly server?: ServerOptions<Data>;
  /** The options of the client, as `connect` takes them. Default: none. */
  readonly client?: ConnectOptions<ClientData>;
  /** The URL that the client connects to. Default "ws://server.test/". */
  readonly url?: string | URL;
  /** Delay, buffers and faults of the network; its seed; a codec for compression. Default: every byte arrives at once. */
  readonly network?: VirtualNetworkOptions;
}

/** Two connected sockets, and the clock that both live by. */
export interface Pair<Data = undefined, ClientData = undefined> extends VirtualTime {
  /** The client's socket. */
  readonly client: Socket<ClientData>;
  /** The server's socket: the one that the hooks of the server get. */
  readonly server: Socket<Data>;
  /** The server, for `shutdown` and `sockets`. */
  readonly host: Server<Data>;
  /** The network between the two, for more clients: `network.connect(url)`. */
  readonly network: VirtualNetwork;
}

/**
 * Connects a client to a server in memory, and resolves when both are open. Both sockets are those of the driver, with all of
 * their behaviour: the opening handshake, back-pressure, timeouts, the closing handshake. There is nothing to close at the end.
 *
 * While the pair connects, time goes on only as far as delayed bytes need it. An `upgrade` hook may await anything, but not
 * `advance`: for that, use `virtualNetwork` and connect by hand.
 * @returns the pair. Rejects as `connect` does: with a ConnectError "refused" when the server rejects the request.
 * @throws MisuseError (as a rejection) for options that are wrong.
 */
export async function pair<Data = undefined, ClientData = undefined>(
  options: PairOptions<Data, ClientData> = {},
): Promise<Pair<Data, ClientData>> {
  requireKnown(options);
  const { url = "ws://server.test/", network: conditions } = options;
  const { network, runtime, serveAt } = openNetwork(conditions);
  const host = serveAt<Data>(portOf(url), options.server ?? ({} as ServerOptions<Data>));
  const connecting = network.connect<ClientData>(url, options.client);
  let isSettled = false;
  const settled = (): void => {
    isSettled = true;
  };
  connecting.then(settled, settled);
  let server: Socket<Data> | undefined;
  while (!isSettled || server === undefined) {
    await laterTurn();
    server ??= host.sockets[0];
    if (isSettled && server === undefined) break;
    const { arrivalAt } = runtime;
    if (!isSettled && arrivalAt !== Number.POSITIVE_INFINITY) {
      await network.advance(Math.max(0, arrivalAt - network.now));
    }
  }
  const client = await connecting;
  if (server === undefined) {
    throw new Error("the server has let go of the connection before the client was open");
  }
  return Object.assign(virtualTime(runtime), { client, server, host, network });
}

/** A URL that is none has no port: `connect` tells the mistake. */
function portOf(url: string | URL): number {
  return Number(/:(\d+)(?:[/?#]|$)/.exec(String(url))?.[1] ?? 80);
}

const KNOWN: readonly string[] = ["server", "client", "url", "network"];

/** A misspelt option would pass for an absent one. */
function requireKnown(options: object): void {
  const unknown = Object.keys(options).find((name) => !KNOWN.includes(name));
  if (unknown === undefined) return;
  throw new RangeError(
    `pair has no option ${unknown}; known are ${KNOWN.join(", ")}. Hooks go into server`,
  );
}
