/** "Establish a WebSocket connection" (websockets.spec.whatwg.org), and the steps that both constructors take before. */
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

/** The place where the code runs. Only some runtimes tell the place: pages, workers, `deno --location`. */
interface Location {
  readonly href: string;
  readonly origin: string;
}

function environment(): Location | undefined {
  return (globalThis as { readonly location?: Location }).location;
}

/**
 * "Get a URL record": a relative URL starts from the place where the code runs, and http and https become ws and wss.
 * @throws DOMException "SyntaxError" for a text that is no such URL, and for a URL with a fragment, even an empty one.
 */
export function urlRecord(given: string): URL {
  try {
    const base = environment()?.href;
    // The runtime's own error message would repeat the whole URL.
    return webSocketUrl(
      base !== undefined && URL.canParse(given, base) ? new URL(given, base) : given,
    );
  } catch (error) {
    throw new DOMException(messageOf(error), "SyntaxError");
  }
}

/**
 * @throws DOMException "SyntaxError" for a text that is no token (RFC 6455 §4.1, number 10), and for a token that is given twice,
 * in capitals or not.
 */
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
 * Judges the options that the standard does not have. A mistake in these options is thrown, and fires no event.
 * @returns the options with an Origin where there is one, and with the limits of a page where the options give no limit.
 * @throws MisuseError
 */
export function checkedOptions(platform: Platform, url: URL, given: ClassOptions): ClassOptions {
  const options = checkConnectOptions(given);
  settingsOf(platform, options);
  const headers = requestHeaders(options);
  // Nobody connects to a blocked port, so that such a request needs no check. Port 0 is blocked, and cannot stand in a request.
  if (!isPortBlocked(url.port)) checkRequest(url, given.protocols, headers);
  return { ...options, protocols: given.protocols, headers, limits: pageLimits(options.limits) };
}

/**
 * Connects as a web page would: never to a blocked port, and to the same host one connection after the other.
 * @param options as {@link checkedOptions} returned them.
 */
export async function establish(
  platform: Platform,
  url: URL,
  options: ClassOptions,
  hooks: SocketHooks<unknown>,
): Promise<Socket<unknown>> {
  // The `close` hook waits without end, because the events of an object come one by one and no event is left out.
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
 * The limits of a page that gives none. The standard has no limit for messages, and browsers take what their memory holds. A peer
 * can fill the memory of a user, so we have a limit: 256 MiB, in pieces of 128 bytes or more. A text of that size is still a
 * string in every runtime. `bufferedAmount` tells a page how many bytes wait to be sent, so no limit for these bytes ends the
 * connection. The events of a page do not show the body of a refusal, so the client does not wait for the body.
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
 * RFC 6455 §4.1, number 2: of several connections to one host, only one is in its opening handshake. The queue tells hosts apart
 * by name and port, because only the runtime knows their addresses.
 */
class ConnectingQueue {
  private readonly last: Map<string, Promise<unknown>> = new Map();

  /** @param connect waits for its argument `turn`, unless the attempt is given up before. */
  async run<T>(host: string, connect: (turn: Promise<unknown>) => Promise<T>): Promise<T> {
    const turn = this.last.get(host) ?? Promise.resolve();
    const attempt = connect(turn);
    // An attempt that was given up still waits here for the attempt before it. So the next attempt waits for both attempts.
    const mine = Promise.allSettled([turn, attempt]).then(() => {
      if (this.last.get(host) === mine) this.last.delete(host);
    });
    this.last.set(host, mine);
    return await attempt;
  }
}

const queues: WeakMap<Dialer, ConnectingQueue> = new WeakMap();

/** All classes of a runtime share one queue. */
function queueOf(dialer: Dialer): ConnectingQueue {
  let queue = queues.get(dialer);
  if (queue === undefined) {
    queue = new ConnectingQueue();
    queues.set(dialer, queue);
  }
  return queue;
}
