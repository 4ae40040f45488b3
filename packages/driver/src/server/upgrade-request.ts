/** A request to open a WebSocket, and the application's decision about it. */
import {
  forwardedFor,
  type UpgradeRequest as Head,
  type HeaderList,
  MisuseError,
  normalizeOrigin,
  seenServer,
  selectProtocol,
} from "@sansocket/core";
import { textOf } from "../errors.ts";
import { type HeaderFields, headerList } from "../header-fields.ts";
import { showFacts } from "../inspection.ts";
import { checkOptions, type KnownOptions, NO_OPTIONS } from "../known-options.ts";
import { judgedLater } from "../option-kinds.ts";
import { AbortController, Headers } from "../runtime/globals.ts";
import type { NetworkAddress, TlsFacts } from "../runtime/transport.ts";
import type { Binding } from "../socket/binding.ts";
import { answerOptions, type RejectOptions } from "./answer.ts";

export interface AcceptBase {
  /**
   * The subprotocol to use, one of `request.protocols`; "" for none. Default: the first of the server's `protocols` that
   * was offered.
   */
  readonly protocol?: string;
  /** More header lines for the 101, for instance Set-Cookie. */
  readonly headers?: HeaderFields;
}

/** `data` may be left out only where `undefined` is one of its values. */
export type AcceptDecision<Data> = AcceptBase &
  (undefined extends Data ? { readonly data?: Data } : { readonly data: Data });

const KNOWN_DECISION: KnownOptions<AcceptDecision<unknown>> = {
  protocol: judgedLater,
  headers: judgedLater,
  data: judgedLater,
};

/** What an undecided request knows of its server. */
export interface Decider {
  readonly protocols: readonly string[];
  readonly secure: boolean;
  /** How many trusted proxies stand before it. */
  readonly proxies: number;
  /** @internal */
  accepted(binding: Binding, request: UpgradeRequest, data: unknown): void;
}

/** What came along with a request that an HTTP server has read. */
export interface Handed {
  /** The HTTP server's own object for the request. */
  readonly raw: unknown;
  /** What `socket.data` begins as, unless `accept` gives another. */
  readonly data: unknown;
}

export const NOTHING_HANDED: Handed = { raw: null, data: undefined };

/** What a request says, as core has judged it. */
type RequestFacts = Pick<Head, "method" | "target" | "host" | "headers">;

/** What a request to open a WebSocket says besides. */
type Facts = RequestFacts & Pick<Head, "origin" | "protocols">;

/** Facts that every request has, plain or upgrade. */
export abstract class IncomingRequest {
  protected readonly binding: Binding;
  private readonly server: Pick<Decider, "secure" | "proxies">;
  private controller: AbortController | null = null;
  /** @internal Accepted, rejected or answered. */
  isDecided = false;

  protected constructor(binding: Binding, server: Pick<Decider, "secure" | "proxies">) {
    this.binding = binding;
    this.server = server;
  }

  protected abstract get facts(): RequestFacts;

  get method(): string {
    return this.facts.method;
  }

  /** Path and query as the peer sent them, beginning with "/". */
  get target(): string {
    return this.facts.target;
  }

  /** Host and port as the peer named them. */
  get host(): string {
    return this.facts.host;
  }

  /** The header lines in their order, with repetitions. */
  get headerLines(): HeaderList {
    return this.facts.headers;
  }

  /** The header lines as a `Headers`, made at each call. */
  get headers(): Headers {
    const headers = new Headers();
    for (const [name, value] of this.headerLines) headers.append(name, value);
    return headers;
  }

  /**
   * The target as a URL, made at each call. The host is what the peer says it is, and "localhost" where that is none that
   * a URL may have. With `trustProxy` scheme, host and port are those that the proxy says: the ones the client asked for.
   */
  get url(): URL {
    const { target, headers } = this.facts;
    const own = this.server.secure ? "https" : "http";
    const asked = { scheme: own, host: this.facts.host } as const;
    const seen = this.server.proxies > 0 ? seenServer(headers, asked) : asked;
    // What could begin a path or userinfo in a URL is no host: a proxy may have let it through.
    const host = normalizeOrigin(`http://${seen.host}`) === null ? "" : seen.host;
    const scheme = seen.scheme ?? own;
    const path = target.startsWith("/") ? target : ""; // "*" of OPTIONS, host and port of CONNECT
    const url = `${scheme}://${host}${path}`;
    // HTTP knows more hosts than URLs do, "1.2.3.999" for one; a peer must not make an application throw.
    return new URL(host !== "" && URL.canParse(url) ? url : `${scheme}://localhost${path}`);
  }

  /** Whom this server is connected to: behind a proxy, the proxy. */
  get remoteAddress(): NetworkAddress | null {
    return this.binding.transport.remoteAddress;
  }

  /**
   * The address of the client, as text. With `trustProxy` whom the outermost of the trusted proxies was connected to, counted
   * from the right of X-Forwarded-For or Forwarded (RFC 7239): what stands further left, the client may have written itself.
   * Null when nobody knows, as behind a unix socket, or when the fields name fewer proxies than are trusted.
   */
  get clientAddress(): string | null {
    const { proxies } = this.server;
    if (proxies > 0) return forwardedFor(this.headerLines, proxies);
    const { remoteAddress } = this;
    return remoteAddress !== null && "hostname" in remoteAddress ? remoteAddress.hostname : null;
  }

  get tls(): TlsFacts | null {
    return this.binding.transport.tls;
  }

  /** Aborts when the peer leaves, or the time for a decision has passed, before there was one. */
  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    if (this.binding.info !== null) this.abandoned();
    return this.controller.signal;
  }

  /** @internal The connection has ended, or the engine has answered. */
  abandoned(): void {
    if (this.isDecided) return; // by a hook that goes on behind its decision
    this.controller ??= new AbortController();
    this.controller.abort();
  }

  /** @internal Whether a hook that failed of this only heeded {@link signal}. */
  isGivenUp(error: unknown): boolean {
    return this.controller?.signal.aborted === true && textOf(error, "name") === "AbortError";
  }
}

/** A request for a WebSocket, before the decision: the hook `upgrade` accepts or rejects it, at once or later. */
export class UpgradeRequest<Data = unknown> extends IncomingRequest {
  /**
   * The HTTP server's own object for the request, where one has read it: of `handleUpgrade` on Node the IncomingMessage, with
   * what middleware has put on it. Null otherwise.
   */
  readonly raw: unknown;
  private readonly decider: Decider;
  private readonly data: unknown;
  /** Null once the connection is open; {@link packed} has it then. */
  private head: Facts | null;
  private packed = "";

  /** @internal */
  constructor(binding: Binding, head: Head, decider: Decider, handed: Handed = NOTHING_HANDED) {
    super(binding, decider);
    this.raw = handed.raw;
    this.data = handed.data;
    this.head = head;
    this.decider = decider;
  }

  /** The Origin header: null when absent, and then no browser is asking. It has passed `allowedOrigins`. */
  get origin(): string | null {
    return this.facts.origin;
  }

  /** The subprotocols offered, in the client's order of preference. */
  get protocols(): readonly string[] {
    return this.facts.protocols;
  }

  protected override get facts(): Facts {
    return this.head ?? unpack(this.packed);
  }

  /**
   * @internal The connection is open, and the request may never be looked at again: one string costs a fourth of what a
   * list of header lines does, some 800 octets for a browser's.
   */
  pack(): void {
    if (this.head === null) return;
    this.packed = pack(this.head);
    this.head = null;
  }

  /**
   * Answers 101: the connection is open.
   * @returns false when it is too late: the peer has left, or time has run out.
   * @throws MisuseError for a subprotocol that was not offered, for headers that cannot be sent, after a decision.
   */
  accept(
    ...[options]: undefined extends Data
      ? [options?: AcceptDecision<Data>]
      : [options: AcceptDecision<Data>]
  ): boolean {
    const { binding, decider, facts } = this;
    this.requireUndecided();
    const {
      data,
      headers: fields,
      protocol: chosen,
    } = options === undefined
      ? (NO_OPTIONS as Partial<AcceptDecision<Data>>)
      : checkOptions("options", options, KNOWN_DECISION);
    const protocol =
      chosen !== undefined ? chosen : (selectProtocol(facts.protocols, decider.protocols) ?? "");
    const headers = headerList(fields);
    if (binding.info !== null) return false;
    if (!binding.endpoint.accept({ protocol, headers }, binding.tick())) return false;
    this.isDecided = true;
    decider.accepted(binding, this as UpgradeRequest, data === undefined ? this.data : data);
    binding.turn();
    return true;
  }

  /**
   * Refuses with an HTTP answer, and ends the connection.
   * @param status 300 to 599.
   * @returns false when it is too late.
   * @throws MisuseError for another status, for headers or a body that cannot be sent, after a decision.
   */
  reject(status: number = 403, options: RejectOptions = {}): boolean {
    const { binding } = this;
    this.requireUndecided();
    const answer = answerOptions(options);
    if (binding.info !== null) return false;
    if (!binding.endpoint.reject(status, answer, binding.tick())) return false;
    this.isDecided = true;
    binding.turn();
    return true;
  }

  private requireUndecided(): void {
    if (this.isDecided) throw new MisuseError("this request has been accepted or rejected already");
  }
}

/**
 * The request as one string, from which {@link unpack} makes it again. Line ends stand in none of its parts, spaces in none of
 * the first line's. What was judged is written down, and not judged again: the host of an absolute target stands in no header
 * line, and a Host field beside it may be empty (RFC 9112 §3.2.2).
 */
function pack({ method, target, host, origin, protocols, headers }: Facts): string {
  const lines = [
    `${method} ${target} ${host} ${protocols.join(",")}`,
    origin === null ? NO_ORIGIN : `${ORIGIN}${origin}`,
  ];
  for (const [name, value] of headers) lines.push(`${name}:${value}`);
  return lines.join("\n");
}

const NO_ORIGIN = "-";
const ORIGIN = "+";

function unpack(packed: string): Facts {
  const [first, origin, ...lines] = packed.split("\n");
  const [method, target, host, protocols] = first!.split(" ");
  return {
    method: method!,
    target: target!,
    host: host!,
    origin: origin === NO_ORIGIN ? null : origin!.slice(ORIGIN.length),
    protocols: protocols === "" ? [] : protocols!.split(","),
    headers: lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1)];
    }),
  };
}

/** A request that does not ask for a WebSocket. */
export class PlainRequest extends IncomingRequest {
  protected override readonly facts: RequestFacts;

  /** @internal */
  constructor(binding: Binding, facts: RequestFacts, server: Pick<Decider, "secure" | "proxies">) {
    super(binding, server);
    this.facts = facts;
  }
}

showFacts<UpgradeRequest>(UpgradeRequest, "UpgradeRequest", (request) => {
  const { method, target, host, origin, protocols, remoteAddress } = request;
  return { method, target, host, origin, protocols, remoteAddress };
});

showFacts<PlainRequest>(PlainRequest, "PlainRequest", (request) => {
  const { method, target, host, remoteAddress } = request;
  return { method, target, host, remoteAddress };
});
