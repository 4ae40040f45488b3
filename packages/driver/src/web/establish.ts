/** "Establish a WebSocket connection" (websockets.spec.whatwg.org), and what comes before it in both constructors. */
import { type Limits, parseProtocols } from "@sansocket/core";
import { connectWith, type Platform, settingsOf } from "../client/connect.ts";
import {
  type ConnectOptions,
  checkConnectOptions,
  checkRequest,
  webSocketUrl,
} from "../client/connect-options.ts";
import { ConnectError, messageOf } from "../errors.ts";
import { headerList } from "../header-fields.ts";
import type { Dialer } from "../runtime/dialing.ts";
import { DOMException } from "../runtime/globals.ts";
import type { SocketHooks } from "../socket/hooks.ts";
import type { Socket } from "../socket/socket.ts";
import { isPortBlocked } from "./blocked-ports.ts";
import type { ClassOptions } from "./class-options.ts";

/** Where the code runs, in the runtimes that say: pages, workers, `deno --location`. */
interface Location {
  readonly href: string;
  readonly origin: string;
}

function environment(): Location | undefined {
  return (globalThis as { readonly location?: Location }).location;
}

/**
 * "Get a URL record": relative to where the code runs, with http and https as ws and wss.
 * @throws DOMException "SyntaxError" for what is no such URL, and for a fragment, the empty one too.
 */
export function urlRecord(given: string): URL {
  try {
    const base = environment()?.href;
    // A runtime's own message would repeat all of the URL.
    return webSocketUrl(
      base !== undefined && URL.canParse(given, base) ? new URL(given, base) : given,
    );
  } catch (error) {
    throw new DOMException(messageOf(error), "SyntaxError");
  }
}

/** @throws DOMException "SyntaxError" for what is no token (RFC 6455 §4.1, number 10), and for the same twice, in any case. */
export function requireTokens(protocols: readonly string[]): void {
  const seen = new Set<string>();
  for (const protocol of protocols) {
    const parsed = parseProtocols([protocol]);
    if (parsed?.length !== 1 || parsed[0] !== protocol) {
      throw new DOMException(`${JSON.stringify(protocol)} is no subprotocol`, "SyntaxError");
    }
    const lowerCase = protocol.toLowerCase();
    if (seen.has(lowerCase)) {
      throw new DOMException(`the subprotocol ${protocol} is given twice`, "SyntaxError");
    }
    seen.add(lowerCase);
  }
}

/**
 * Judges the options that the standard does not have. A mistake in them is thrown, and is no event.
 * @returns the options with an Origin where there is one, and as much to send as a page likes.
 * @throws MisuseError
 */
export function checkedOptions({ runtime }: Platform, url: URL, given: ClassOptions): ClassOptions {
  const options = checkConnectOptions(given);
  settingsOf(runtime, options);
  const headers = requestHeaders(options);
  // A blocked port is not connected to, and port 0, which is blocked, cannot stand in a request.
  if (!isPortBlocked(url.port)) checkRequest(url, given.protocols, headers);
  return { ...options, protocols: given.protocols, headers, limits: pageLimits(options.limits) };
}

/**
 * Connects as a web page would: not to a blocked port, and one after the other to the same host.
 * @param options as {@link checkedOptions} returned them.
 */
export async function establish(
  platform: Platform,
  url: URL,
  options: ClassOptions,
  hooks: SocketHooks<unknown>,
): Promise<Socket<unknown>> {
  // An object's events need no patience: they come one by one, and none is left out.
  const connect = (turn: Promise<unknown>): Promise<Socket<unknown>> =>
    connectWith(platform, url, options, hooks, { patience: 0, turn });
  if (options.socket !== undefined) return await connect(Promise.resolve());
  if (isPortBlocked(url.port)) {
    throw new ConnectError(
      "unreachable",
      `port ${url.port} is blocked: it belongs to another protocol`,
    );
  }
  return await queueOf(platform.dialer).run(options.path ?? url.host, connect);
}

/**
 * The limits of a page that gives none. The standard has no limit for messages, and browsers take what their memory holds.
 * A peer can fill the memory of a user, so there is one: 256 MiB, in pieces of 128 bytes or more. A text of that size is
 * still a string in every runtime. `bufferedAmount` tells a page how much waits to be sent: nothing ends its connection for
 * that. The events of a page show no body of a refusal, so nothing waits for one.
 */
const PAGE_LIMITS: Partial<Limits> = {
  message: 268_435_456,
  fragments: 2_097_152,
  unsent: Number.POSITIVE_INFINITY,
  refusalBody: 0,
};

function pageLimits(limits: ConnectOptions<unknown>["limits"] = {}): Partial<Limits> {
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  return { ...PAGE_LIMITS, ...Object.fromEntries(given) };
}

function requestHeaders({ headers }: ConnectOptions<unknown>): [string, string][] {
  const list = headerList(headers).map(([name, value]): [string, string] => [name, value]);
  const origin = environment()?.origin;
  const isGiven = list.some(([name]) => name.toLowerCase() === "origin");
  if (origin === undefined || isGiven) return list;
  return [["Origin", origin], ...list];
}

/**
 * RFC 6455 §4.1, number 2: of several connections to one host, only one is in its opening handshake. Hosts are told apart
 * by name and port: their addresses are the runtime's business.
 */
class ConnectingQueue {
  private readonly last: Map<string, Promise<unknown>> = new Map();

  /** @param connect waits for the turn that it is given, unless it gives up before. */
  async run<T>(host: string, connect: (turn: Promise<unknown>) => Promise<T>): Promise<T> {
    const turn = this.last.get(host) ?? Promise.resolve();
    const attempt = connect(turn);
    // An attempt that gave up still waits for the attempt before it, so that the next attempt does.
    const mine = Promise.allSettled([turn, attempt]).then(() => {
      if (this.last.get(host) === mine) this.last.delete(host);
    });
    this.last.set(host, mine);
    return await attempt;
  }
}

const queues: WeakMap<Dialer, ConnectingQueue> = new WeakMap();

/** One for all classes of a runtime. */
function queueOf(dialer: Dialer): ConnectingQueue {
  let queue = queues.get(dialer);
  if (queue === undefined) {
    queue = new ConnectingQueue();
    queues.set(dialer, queue);
  }
  return queue;
}
