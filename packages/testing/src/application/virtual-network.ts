/** Servers and clients of the driver's API on a network that is not there, with a clock that stands still. */
import type { DeflateCodec, DeflateOptions } from "@sansocket/core/permessage-deflate";
import {
  type Acceptor,
  type Adapter,
  connectWith,
  createServerWith,
  createWebSocketClass,
  createWebSocketStreamClass,
  type Dialed,
  deflateWith,
  intakeOf,
  type Listener,
  type ListenOptions,
  MisuseError,
  type NetworkAddress,
  type OpenTransport,
  type Platform,
  refuseOptions,
  Server,
  type ServerOptions,
  serveWith,
} from "@sansocket/driver";
import { type LineConditions, PERFECT_LINE } from "../simulation/conditions.ts";
import { SeededRandom } from "../simulation/seeded-random.ts";
import { simulatedConnection } from "../simulation/simulated-connection.ts";
import { type TransportManners, transportsOf } from "./simulated-transport.ts";
import { VirtualRuntime, type VirtualRuntimeOptions } from "./virtual-runtime.ts";

/** How a virtual network behaves. */
export interface VirtualNetworkOptions extends VirtualRuntimeOptions {
  /**
   * The DEFLATE codec of `deflate` and of clients, for example `pakoCodec()` of `@sansocket/pako`. Default: no compression.
   */
  readonly deflate?: DeflateCodec;
  /** From clients to servers: delay, pieces, buffer, fault. Default: every byte arrives at once. */
  readonly toServer?: Partial<LineConditions>;
  /** From servers to clients. Default: every byte arrives at once. */
  readonly toClient?: Partial<LineConditions>;
}

/**
 * The functions of an adapter (`serve`, `connect`, `createServer`, the two classes of the web platform) without a network.
 * Bytes move by themselves; time moves with `advance` and `until` only. There is nothing to close at the end of a test.
 */
export interface VirtualNetwork extends Adapter, VirtualTime {}

/** The clock of a virtual network. Time stands still until one of these methods lets it go by. */
export interface VirtualTime {
  /** ms since the network was made. */
  readonly now: number;
  /**
   * Lets time go by, and does everything that falls due: timeouts, pings, delayed bytes. Resolves when nothing is left to do.
   * @throws RangeError (as a rejection) for a number that is no time.
   */
  advance(ms: number): Promise<void>;
  /** Resolves when nothing is left to do at the present time: every message that was sent has arrived. */
  idle(): Promise<void>;
  /**
   * Lets time go by until the promise has settled. Await no other way what needs time, such as a shutdown with a grace: the
   * clock would stand still.
   * @param most how much time may go by, in ms. Default 600,000.
   * @returns the value of the promise. Rejects with its reason, and with an Error when the promise has not settled by then.
   */
  until<Value>(promise: PromiseLike<Value>, most?: number): Promise<Value>;
}

/** ms. More than every default timeout of a connection. */
const MOST_TIME = 600_000;

/** The clock of a runtime, for the holder of a network or of a pair. */
export function virtualTime(runtime: VirtualRuntime): VirtualTime {
  return {
    get now() {
      return runtime.now();
    },
    advance: (ms) => runtime.advance(ms),
    idle: () => runtime.idle(),
    until: (promise, most = MOST_TIME) => runtime.until(promise, most),
  };
}

const KNOWN: readonly string[] = ["seed", "deflate", "toServer", "toClient"];

/** A misspelt option would pass for an absent one. */
function requireKnown(options: object): void {
  const unknown = Object.keys(options).find((name) => !KNOWN.includes(name));
  if (unknown === undefined) return;
  throw new RangeError(`the network has no option ${unknown}; known are ${KNOWN.join(", ")}`);
}

/** The first of the ports that a virtual network gives to a server that asks for any (RFC 6335 §6). */
const FIRST_PORT = 49_152;

const NOT_HERE = {
  tls: "a virtual network has no TLS; use ws: in place of wss:",
  fd: "a virtual network has no descriptors",
  listener: "a virtual network has no listener of the runtime",
};

const PERFECT = { toServer: PERFECT_LINE, toClient: PERFECT_LINE };

/** A network, and what stands behind it. */
export interface OpenedNetwork {
  readonly network: VirtualNetwork;
  readonly runtime: VirtualRuntime;
  /** For `connectWith`, which takes hooks. */
  readonly platform: Platform;
  /** Gives a server that does not listen the connections of a port. */
  attach(server: Server, port: number): void;
  /** As `serve`, at once. The options are those of the application, untouched: they may be an object of a class. */
  serveAt<Data>(port: number, options: ServerOptions<Data>): Server<Data>;
}

/** How transports behave for applications: as simply as can be. */
const PLAIN_MANNERS: TransportManners = {
  random: null,
  onFault(fault) {
    throw new Error(`bug in @sansocket/driver: ${fault}`);
  },
};

/**
 * Laws give manners of their own: transports that keep and tear what they are lent.
 * @param isAffected whether the conditions are those of client number so and so. The other clients have a perfect network.
 */
export function openNetwork(
  options: VirtualNetworkOptions = {},
  manners: TransportManners = PLAIN_MANNERS,
  isAffected: (client: number) => boolean = () => true,
): OpenedNetwork {
  requireKnown(options);
  const { seed = 1, toServer, toClient, deflate: codec } = options;
  const conditions = {
    toServer: { ...PERFECT_LINE, ...toServer },
    toClient: { ...PERFECT_LINE, ...toClient },
  };
  simulatedConnection({ seed, ...conditions }); // a mistake in the conditions is told here, and not at the first client
  const runtime = new VirtualRuntime({ seed });
  const seeds = new SeededRandom(seed);
  const listeners = new Map<string, Acceptor>();
  let lastPort = FIRST_PORT - 1;
  let clients = 0;

  function listen(acceptor: Acceptor, given: ListenOptions): Listener {
    refuseOptions("options", given, NOT_HERE);
    const { path, port = 0, hostname = "127.0.0.1" } = given;
    if (path === undefined && port === 0) lastPort += 1;
    const address =
      path === undefined ? { hostname, port: port === 0 ? lastPort : port } : { path };
    const place = placeOf(address);
    if (listeners.has(place)) throw systemError("EADDRINUSE", `${place} is in use`);
    listeners.set(place, acceptor);
    return {
      address,
      async close() {
        listeners.delete(place);
      },
    };
  }

  /** Every host name leads to this network. */
  async function dial(address: NetworkAddress): Promise<Dialed> {
    const place = placeOf(address);
    const acceptor = listeners.get(place);
    if (acceptor === undefined) {
      throw systemError("ECONNREFUSED", `no server of this virtual network listens on ${place}`);
    }
    const lines = isAffected(clients) ? conditions : PERFECT;
    clients += 1;
    const ends = simulatedConnection({ seed: seeds.below(0x7fff_ffff), ...lines });
    const client = { hostname: "127.0.0.1", port: FIRST_PORT + (clients % 10_000) };
    const opens = transportsOf(ends, { client, server: address }, runtime, manners);
    const hangUp = (): void => ends.server.destroy(runtime.now());
    runtime.afterPoll(() => {
      if (!acceptor.accept(opens.server)) hangUp();
    });
    return {
      open: opens.client as OpenTransport,
      startTls: () => Promise.reject(new Error(NOT_HERE.tls)),
      destroy: () => ends.client.destroy(runtime.now()),
    };
  }

  const makeDeflate =
    codec === undefined ? undefined : (given?: DeflateOptions) => deflateWith(codec, given);
  const platform: Platform = {
    runtime,
    dialer: { dial },
    ...(makeDeflate && { deflate: makeDeflate }),
  };
  const adapter: Adapter = {
    deflate: makeDeflate ?? withoutDeflate,
    serve: (given) => serveWith({ runtime, listen }, given),
    createServer: (given) => createServerWith({ runtime }, given),
    connect: (url, given = {}) => connectWith(platform, url, given),
    WebSocket: createWebSocketClass(platform),
    WebSocketStream: createWebSocketStreamClass(platform),
  };
  const network: VirtualNetwork = Object.assign(virtualTime(runtime), adapter);
  const attach = (server: Server, port: number): void => {
    const intake = intakeOf(server as unknown as Server<unknown>);
    intake.listening(listen(intake, { port }));
  };
  const serveAt = <Data>(port: number, given: ServerOptions<Data>): Server<Data> => {
    const server = new Server<Data>(given, { runtime });
    attach(server as unknown as Server, port);
    return server;
  };
  return { network, runtime, platform, attach, serveAt };
}

function withoutDeflate(): never {
  throw new MisuseError("this network has no DEFLATE: give its option deflate a codec");
}

function placeOf(address: NetworkAddress): string {
  return "path" in address ? address.path : `port ${address.port}`;
}

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/**
 * A network for tests of applications: no sockets, no ports of the machine, and a clock that stands still until it is told to
 * go on. The same seed gives the same test.
 * @throws RangeError for conditions that no network can have.
 */
export function virtualNetwork(options: VirtualNetworkOptions = {}): VirtualNetwork {
  return openNetwork(options).network;
}
