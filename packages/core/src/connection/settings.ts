/** What an endpoint is told once: its host's ports, limits, timeouts, extensions. Checked here, and read-only after. */
import { describeValue } from "../bytes/describe-value.ts";
import {
  givenOptions,
  requireBoolean,
  requireCount,
  requireObject,
} from "../bytes/given-arguments.ts";
import { KERNELS, type Kernels } from "../bytes/kernels.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import type { Extension } from "../extension/extension.ts";
import { checkExtensions } from "../extension/extension-negotiation.ts";
import { createMaskingKeyPool, type MaskingKeyPool } from "../frame/masking-key.ts";

/** What the engine cannot do by itself, and what the host may do faster. */
export interface Host {
  /**
   * Fills the array with bytes from a strong source of entropy: `crypto.getRandomValues` and the like. For masking keys
   * (RFC 6455 §5.3) and the client's key (§4.1); a server never calls it.
   */
  random(into: Uint8Array<ArrayBuffer>): void;
  /**
   * UTF-8 to a string, for text above 16 bytes. The bytes are valid. A byte order mark must be kept: a TextDecoder
   * needs `ignoreBOM: true`. Default: the engine's own loop.
   */
  decodeUtf8?(bytes: Uint8Array): string;
  /** `TextEncoder.encodeInto`, for text above 64 code units. Returns bytes written. Default: the engine's own loop. */
  encodeUtf8Into?(text: string, target: Uint8Array): number;
  /** Faster loops over payloads. Default: the engine's own. */
  kernels?: Partial<Kernels>;
}

/** What a peer may make us retain or accept. Each counts what is retained, and none depends on how input was cut. */
export interface Limits {
  /**
   * Bytes of an HTTP head, 1xx responses included. Default of a server 16,384, as Node's `maxHeaderSize`; of a client
   * 262,144, as Chromium.
   */
  readonly headBytes: number;
  /** Header lines of a head. Default of a server 100: browsers send about 15. Of a client 1,000. */
  readonly headers: number;
  /** Bytes of one line of a head. Default: `headBytes`, since a browser may send all of its cookies in one line. */
  readonly lineBytes: number;
  /**
   * Bytes of the body of a refusal that a client keeps for its error. Default 65,536. 0: the refusal is reported at its
   * head.
   */
  readonly refusalBody: number;
  /** Bytes of one message, after extensions. Default 16 MiB, as Bun and uWebSockets. */
  readonly message: number;
  /** Bytes of one frame as it is on the wire. Default 16 MiB, or `message` where that is more. */
  readonly frame: number;
  /** Frames of one message, empty ones included. Default 131,072: 16 MiB in pieces of 128 bytes. */
  readonly fragments: number;
  /**
   * Bytes that the host should leave undelivered before it stops reading (see `Endpoint.unread`). Default 1 MiB. The
   * engine only reports: undelivered input is flow control, not a violation.
   */
  readonly undelivered: number;
  /**
   * Bytes queued and not yet taken by the transport, above which a send answers "full". Default: `message` and 16 MiB, so
   * that whatever may be received can be sent back, behind what was queued before; 32 MiB in all.
   */
  readonly unsent: number;
}

/** Milliseconds; 0 turns one off. */
export interface Timeouts {
  /** From the first moment to the 101, the application's decision included. Dribbling does not renew it. Default 10,000. */
  readonly handshake: number;
  /**
   * Of a client: from the head of a refusal to the end of its body. Then the refusal is reported with what there is of the
   * body; dribbling does not renew it. Default 1,000: a body comes with its head, or is a stream that has no end.
   */
  readonly refusalBody: number;
  /**
   * No byte received, pongs included, and no progress of output that a full transport takes: closes with 1001. Default
   * 120,000.
   */
  readonly idle: number;
  /** No byte received: sends a ping. Default 30,000. */
  readonly ping: number;
  /** From the moment the transport took a ping to the next byte received; stands still while reading is paused. Default 10,000. */
  readonly pong: number;
  /**
   * Without progress towards the end: for the transport to take our Close, for the peer's Close, then again for the end
   * of its stream. A peer is expected to read 128 KiB within it: behind more that the transport took lately, the timers
   * `idle`, `pong` and `close` begin later. Default 5,000.
   */
  readonly close: number;
  /** From the opening on, then closes with 1001. Default 0: no end. */
  readonly lifetime: number;
}

/** What `limits.unsent` has above `limits.message`. */
const UNSENT_BEHIND_MESSAGE = 16_777_216;

/** The limits of a server. A client reads longer heads: {@link DEFAULT_CLIENT_LIMITS}. */
export const DEFAULT_LIMITS: Limits = {
  headBytes: 16_384,
  headers: 100,
  lineBytes: 16_384,
  refusalBody: 65_536,
  message: 16_777_216,
  frame: 16_777_216,
  fragments: 131_072,
  undelivered: 1_048_576,
  unsent: 16_777_216 + UNSENT_BEHIND_MESSAGE,
};

/**
 * Of a client, which reads what its own user has asked for: as much of a head as browsers take. Redirects carry whole
 * documents in their Location, and identity providers hundreds of fields.
 */
export const DEFAULT_CLIENT_LIMITS: Limits = {
  ...DEFAULT_LIMITS,
  headBytes: 262_144,
  headers: 1_000,
  lineBytes: 262_144,
};

/** The timeouts of both roles, in ms; 0 stands for never. */
export const DEFAULT_TIMEOUTS: Timeouts = {
  handshake: 10_000,
  refusalBody: 1_000,
  idle: 120_000,
  ping: 30_000,
  pong: 10_000,
  close: 5_000,
  lifetime: 0,
};

/** What both roles are given. All but `host` has a default. */
export interface ConnectionOptions {
  /** What the engine needs from outside: entropy, and faster loops where there are some. */
  readonly host: Host;
  /** How much a peer can make us keep or accept. Default: {@link DEFAULT_LIMITS}, or {@link DEFAULT_CLIENT_LIMITS}. */
  readonly limits?: Partial<Limits>;
  /** In ms; 0 switches one off. Default: {@link DEFAULT_TIMEOUTS}. */
  readonly timeouts?: Partial<Timeouts>;
  /** Extensions to offer (client) or accept (server), in order of preference. Default none. */
  readonly extensions?: readonly Extension[];
  /**
   * false: `Step.Text` and `Step.Binary` bring whole messages. true: they bring pieces as they arrive, as bytes, and
   * `endpoint.final` says which one is the last of its message. Default false.
   */
  readonly pieces?: boolean;
  /**
   * Report every frame in and out as `Step.Frame`, with up to this many bytes of its payload. Default: not at all, which
   * costs nothing.
   */
  readonly frames?: { readonly payloadPrefix: number };
  /**
   * A server that sends binary payloads of at least this many bytes queues the caller's array itself instead of a copy;
   * it must not change until the transmission that carries it was taken. What lies in the memory of an endpoint, such as its
   * `chunk`, is copied all the same. Default Infinity: always copy.
   */
  readonly referenceFrom?: number;
}

/** {@link ConnectionOptions}, checked and completed. One object may serve any number of endpoints. */
export interface Settings {
  /** Says that these are settings, and made by which function; options have no such member. */
  readonly kind: "connection" | "server" | "client";
  /** See {@link ConnectionOptions}. */
  readonly host: Host;
  /** See {@link ConnectionOptions}. */
  readonly limits: Limits;
  /** See {@link ConnectionOptions}. */
  readonly timeouts: Timeouts;
  /** See {@link ConnectionOptions}. */
  readonly extensions: readonly Extension[];
  /** See {@link ConnectionOptions}. */
  readonly pieces: boolean;
  /** -1: frames are not watched. */
  readonly framePrefix: number;
  /** See {@link ConnectionOptions}. */
  readonly referenceFrom: number;
  /** @internal Where masking keys are drawn from. */
  readonly maskingKeys: MaskingKeyPool;
  /** The host's kernels, and the engine's own for those that it does not bring. */
  readonly kernels: Kernels;
}

/** One pool of masking keys per host, so that a thousand clients do not draw a thousand pools. */
const maskingKeysOfHost: WeakMap<Host, MaskingKeyPool> = new WeakMap();

/**
 * Which settings these are; null for options. An own member says it: what all objects inherit does not.
 * @throws MisuseError for what is no object.
 */
export function settingsKind(given: object): Settings["kind"] | null {
  requireObject("options", given);
  if (!Object.hasOwn(given, "kind")) return null;
  const { kind } = given as Settings;
  return kind === "connection" || kind === "server" || kind === "client" ? kind : null;
}

/**
 * Checks once what any endpoint is told. Give the result to `Endpoint.open` for each connection: they then share it. Settings
 * of any kind come back as they are.
 * @param defaults for the limits that are not given. Default: those of a server; {@link DEFAULT_CLIENT_LIMITS} of a client.
 * @throws MisuseError for a limit or timeout that is not a number from 0 on, for what is no extension, and for a host
 * without `random`.
 */
export function connectionSettings(
  given: ConnectionOptions | Settings,
  defaults: Limits = DEFAULT_LIMITS,
): Settings {
  if (settingsKind(given) !== null) return given as Settings;
  const options = givenOptions("options", given as ConnectionOptions);
  requireObject("defaults", defaults);
  for (const name of Object.keys(DEFAULT_LIMITS) as (keyof Limits)[]) {
    requireCount(`defaults.${name}`, defaults[name]);
  }
  const { host } = options;
  if (typeof host?.random !== "function") {
    throw new MisuseError(
      "options.host.random is not a function: give a source of strong entropy (RFC 6455 §5.3), for instance " +
        "{ random: (into) => crypto.getRandomValues(into) }",
    );
  }
  let maskingKeys = maskingKeysOfHost.get(host);
  if (maskingKeys === undefined) {
    maskingKeys = createMaskingKeyPool();
    maskingKeysOfHost.set(host, maskingKeys);
  }
  for (const name of ["decodeUtf8", "encodeUtf8Into"] as const) {
    if (host[name] === undefined || typeof host[name] === "function") continue;
    throw new MisuseError(`options.host.${name} is not a function: give one, or leave it out`);
  }
  let framePrefix = -1;
  if (options.frames !== undefined) {
    framePrefix = givenOptions("options.frames", options.frames).payloadPrefix;
    requireCount("options.frames.payloadPrefix", framePrefix);
  }
  const { pieces = false, referenceFrom = Number.POSITIVE_INFINITY, extensions = [] } = options;
  requireBoolean("options.pieces", pieces);
  requireCount("options.referenceFrom", referenceFrom);
  return {
    kind: "connection",
    host,
    limits: resolveLimits(options.limits, defaults),
    timeouts: completed("options.timeouts", DEFAULT_TIMEOUTS, options.timeouts),
    extensions: checkExtensions(extensions),
    pieces,
    framePrefix,
    referenceFrom,
    maskingKeys,
    kernels: host.kernels === undefined ? KERNELS : { ...KERNELS, ...host.kernels },
  };
}

/** Some limits follow others where only those are given, or one could never be reached for the other. */
function resolveLimits(given: Partial<Limits> | undefined, defaults: Limits): Limits {
  const limits = completed("options.limits", defaults, given);
  if (given === undefined) return limits;
  const { headBytes, message } = limits;
  return {
    ...limits,
    lineBytes: given.lineBytes ?? (given.headBytes === undefined ? limits.lineBytes : headBytes),
    frame: given.frame ?? Math.max(limits.frame, message),
    unsent:
      given.unsent ??
      (given.message === undefined ? limits.unsent : message + UNSENT_BEHIND_MESSAGE),
  };
}

/** Defaults with the caller's values over them; a misspelt name is a mistake, not an extra. */
function completed<T extends Limits | Timeouts>(
  path: string,
  defaults: T,
  given: Partial<T> | undefined,
): T {
  if (given === undefined) return defaults;
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new MisuseError(
      `${path} is ${describeValue(given)}: give an object with some of ${Object.keys(defaults).join(", ")}`,
    );
  }
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, name)) {
      throw new MisuseError(
        `${path}.${name} is not known; known are ${Object.keys(defaults).join(", ")}`,
      );
    }
    if (value !== undefined) requireCount(`${path}.${name}`, value);
  }
  const complete: T = { ...defaults };
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) Object.assign(complete, { [name]: value });
  }
  return complete;
}
