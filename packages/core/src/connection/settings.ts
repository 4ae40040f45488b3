/**
 * The settings of an endpoint: the ports of its host, limits, timeouts, extensions. This file checks the options; the
 * settings are read-only afterwards.
 */
import { describeValue } from "../bytes/describe-value.ts";
import {
  givenOptions,
  requireBoolean,
  requireCount,
  requireObject,
} from "../bytes/given-arguments.ts";
import { completeKernels, KERNELS, type Kernels } from "../bytes/kernels.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import type { Extension } from "../extension/extension.ts";
import { checkExtensions } from "../extension/extension-negotiation.ts";
import { createMaskingKeyPool, type MaskingKeyPool } from "../frame/masking-key.ts";
import type { FrameWatcher } from "./frame-watch.ts";

/** The functions of the host: one that the engine cannot do without, and some that the host may do faster. */
export interface Host {
  /**
   * Fills the array with bytes from a strong source of entropy, for example with `crypto.getRandomValues`. A client takes
   * its masking keys (RFC 6455 §5.3) and its opening key (§4.1) from these bytes. A server never calls `random`.
   */
  random(into: Uint8Array<ArrayBuffer>): void;
  /** Faster loops over payloads, text among them. Default: the engine's own. */
  kernels?: Partial<Kernels>;
}

/**
 * The limits of what a peer can make the engine retain or accept. Each limit counts retained bytes. No limit depends on how
 * the input was cut into chunks.
 */
export interface Limits {
  /**
   * Bytes of an HTTP head, 1xx responses included. Default of a server: 16,384, as Node's `maxHeaderSize`. Default of a
   * client: 262,144, as Chromium.
   */
  readonly headBytes: number;
  /** Header lines of a head. Default of a server: 100, since browsers send about 15. Default of a client: 1,000. */
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
  /**
   * Bytes of one frame as it is on the wire. Default: `message`, and an eighth of it, since a message may be one frame and
   * DEFLATE makes some data longer, and 64 bytes. At least 18 MiB and 64 bytes.
   */
  readonly frame: number;
  /** Frames of one message, empty ones included. Default 131,072: 16 MiB in pieces of 128 bytes. */
  readonly fragments: number;
  /**
   * Bytes that the host should leave undelivered before the host stops reading (see `Endpoint.unread`). Default 1 MiB. The
   * engine only reports the number, because undelivered input is flow control and no violation.
   */
  readonly undelivered: number;
  /**
   * Bytes that are queued and that the transport has not taken. Above this limit a send answers "full". Default: `message`
   * + 16 MiB, 32 MiB in all. An echo of the largest message then fits behind 16 MiB of earlier output.
   */
  readonly unsent: number;
}

/** The timeouts in milliseconds. 0 turns a timeout off. */
export interface Timeouts {
  /**
   * From the start to the 101, the application's decision included. A peer that dribbles does not renew this timeout.
   * Default 10,000.
   */
  readonly handshake: number;
  /**
   * Of a client: from the head of a refusal to the end of its body. The engine then reports the refusal with the part of
   * the body that has arrived. A peer that dribbles does not renew this timeout. Default 1,000, because a body either comes
   * with its head or is a stream without an end.
   */
  readonly refusalBody: number;
  /**
   * Closes with 1001 when no byte was received for so long, pongs included, and a full transport took no output either.
   * Default 120,000.
   */
  readonly idle: number;
  /** Sends a ping when no byte was received for so long. Default 30,000. */
  readonly ping: number;
  /**
   * From the moment when the transport took a ping to the next received byte; then closes with 1001. The timer stands still
   * while reading is paused. Default 10,000.
   */
  readonly pong: number;
  /**
   * Destroys the transport after so long without progress towards the end. The timer runs while the transport takes our
   * Close, then for the peer's Close, then again for the end of the peer's stream. The engine expects a peer to read 128
   * KiB within this time. When the transport took more than 128 KiB lately, the timers `idle`, `pong` and `close` begin
   * later. Default 5,000.
   */
  readonly close: number;
  /** Closes with 1001 so long after the opening handshake. Default 0: the connection has no such end. */
  readonly lifetime: number;
}

/** The bytes of `limits.unsent` above `limits.message`. */
const UNSENT_BEHIND_MESSAGE = 16_777_216;

/**
 * The frame of a message that DEFLATE makes longer: by an eighth at most, because its fixed codes have 9 bits (RFC 1951 §3.2.6),
 * and by some bytes around the blocks.
 */
function frameOf(message: number): number {
  return message + Math.ceil(message / 8) + 64;
}

/** The limits of a server. A client reads longer heads: {@link DEFAULT_CLIENT_LIMITS}. */
export const DEFAULT_LIMITS: Limits = {
  headBytes: 16_384,
  headers: 100,
  lineBytes: 16_384,
  refusalBody: 65_536,
  message: 16_777_216,
  frame: frameOf(16_777_216),
  fragments: 131_072,
  undelivered: 1_048_576,
  unsent: 16_777_216 + UNSENT_BEHIND_MESSAGE,
};

/**
 * The limits of a client. A client reads an answer that its own user has asked for, so these limits of a head are those of
 * browsers. Redirects carry whole documents in their Location, and identity providers send hundreds of fields.
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

/** The options of both roles. Every option except `host` has a default. */
export interface ConnectionOptions {
  /** The functions of the host: entropy, and optional faster loops. */
  readonly host: Host;
  /**
   * The limits of what a peer can make the engine retain or accept. Default: {@link DEFAULT_LIMITS}, or
   * {@link DEFAULT_CLIENT_LIMITS}.
   */
  readonly limits?: Partial<Limits>;
  /** The timeouts in ms. 0 turns a timeout off. Default: {@link DEFAULT_TIMEOUTS}. */
  readonly timeouts?: Partial<Timeouts>;
  /** Extensions to offer (client) or accept (server), in order of preference. Default none. */
  readonly extensions?: readonly Extension[];
  /**
   * false: `Step.Text` and `Step.Binary` bring whole messages. true: both bring pieces as the pieces arrive, text too as
   * bytes, and `endpoint.final` marks the last piece of a message. Default false.
   */
  readonly pieces?: boolean;
  /**
   * `watchFrames(payloadPrefix)` reports every frame in and out as `Step.Frame`, with up to so many bytes of its payload. Default: no reports,
   * at no cost.
   */
  readonly frames?: FrameWatcher | null;
  /**
   * A server queues the caller's own array, and no copy, for binary payloads of at least so many bytes. The caller must not
   * change the array until the transport has taken the transmission. Bytes in the memory of an endpoint, such as `chunk`,
   * are copied in any case. Default Infinity: the engine always copies.
   */
  readonly referenceFrom?: number;
  /**
   * true: a large binary message that arrives in one frame is gathered in an array of exactly its length, and
   * `Endpoint.ownBytes` gives the host this array in place of a copy. For hosts that keep what they receive. false: it is
   * gathered in memory that is used again, so that a host that only looks at messages needs no fresh memory. Default false.
   */
  readonly handOver?: boolean;
}

/** {@link ConnectionOptions}, checked and completed. One object may serve any number of endpoints. */
export interface Settings {
  /** Marks settings, and names the function that made them. Options have no such member. */
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
  /** null: frames are not watched. */
  readonly frames: FrameWatcher | null;
  /** See {@link ConnectionOptions}. */
  readonly referenceFrom: number;
  /** See {@link ConnectionOptions}. */
  readonly handOver: boolean;
  /** @internal The pool of masking keys. */
  readonly maskingKeys: MaskingKeyPool;
  /** The host's kernels, and the engine's own in place of missing ones. */
  readonly kernels: Kernels;
}

/** One pool of masking keys for each host, so that a thousand clients share one pool. */
const maskingKeysOfHost: WeakMap<Host, MaskingKeyPool> = new WeakMap();

/**
 * The kind of the settings; null for options. Only an own member counts, because every object may inherit a `kind` from a
 * polluted `Object.prototype`.
 * @throws MisuseError for what is no object.
 */
export function settingsKind(given: object): Settings["kind"] | null {
  requireObject("options", given);
  if (!Object.hasOwn(given, "kind")) return null;
  const { kind } = given as Settings;
  return kind === "connection" || kind === "server" || kind === "client" ? kind : null;
}

/**
 * Checks the options of both roles once. Give the result to `openEndpoint` for each connection: all connections then share
 * one object. The function returns settings of any kind unchanged.
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
  for (const name of Object.keys(KERNELS) as (keyof Kernels)[]) {
    const kernel = host.kernels?.[name];
    if (kernel === undefined || typeof kernel === "function") continue;
    throw new MisuseError(
      `options.host.kernels.${name} is not a function: give one, or leave it out`,
    );
  }
  const { frames = null } = options;
  if (frames !== null && typeof frames?.functions?.create !== "function") {
    throw new MisuseError(
      `options.frames is ${describeValue(frames)}: give what watchFrames(payloadPrefix) returns`,
    );
  }
  const { pieces = false, handOver = false } = options;
  const { referenceFrom = Number.POSITIVE_INFINITY, extensions = [] } = options;
  requireBoolean("options.pieces", pieces);
  requireBoolean("options.handOver", handOver);
  requireCount("options.referenceFrom", referenceFrom);
  return {
    kind: "connection",
    host,
    limits: resolveLimits(options.limits, defaults),
    timeouts: completed("options.timeouts", DEFAULT_TIMEOUTS, options.timeouts),
    extensions: checkExtensions(extensions),
    pieces,
    frames,
    referenceFrom,
    handOver,
    maskingKeys,
    kernels: completeKernels(host.kernels),
  };
}

/**
 * Completes the limits. `lineBytes` follows a given `headBytes`; `frame` and `unsent` follow a given `message`. Otherwise a
 * smaller default would make the given limit unreachable.
 */
function resolveLimits(given: Partial<Limits> | undefined, defaults: Limits): Limits {
  const limits = completed("options.limits", defaults, given);
  if (given === undefined) return limits;
  const { headBytes, message } = limits;
  return {
    ...limits,
    lineBytes: given.lineBytes ?? (given.headBytes === undefined ? limits.lineBytes : headBytes),
    frame: given.frame ?? Math.max(limits.frame, frameOf(message)),
    unsent:
      given.unsent ??
      (given.message === undefined ? limits.unsent : message + UNSENT_BEHIND_MESSAGE),
  };
}

/** The defaults, with the caller's values over them. An unknown name is a mistake of the caller. */
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
        `${path}.${name} is not known: give some of ${Object.keys(defaults).join(", ")}`,
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
