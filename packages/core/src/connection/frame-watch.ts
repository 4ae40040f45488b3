/** The frames of both directions, in order, for hosts that set the option `frames`. */
import { requireCount } from "../bytes/given-arguments.ts";
import { FIN, OPCODE_BITS, RSV_BITS } from "../frame/frame-header.ts";

/** A frame that went by, in either direction; `Step.Frame` shows it where the option `frames` is set. */
export interface WatchedFrame {
  /** "in": from the peer. "out": to the peer. */
  readonly direction: "in" | "out";
  /** The last frame of its message (§5.2). */
  readonly fin: boolean;
  /** RSV1 counts 4, RSV2 counts 2, RSV3 counts 1. */
  readonly rsv: number;
  /** See {@link Opcode}. */
  readonly opcode: number;
  /** Whether the payload is masked on the wire. */
  readonly isMasked: boolean;
  /** As on the wire, first byte in the highest byte; 0 when not masked. */
  readonly maskingKey: number;
  /** Bytes of payload that the header declares. */
  readonly payloadLength: number;
  /** The beginning of the unmasked payload: as many bytes as the option asks for and as have arrived. */
  readonly payload: Uint8Array;
  /** Bytes on the wire before this frame, in its direction, behind the opening handshake. */
  readonly offset: number;
  /** false: the frame broke a rule, and the engine did not wait for its payload. */
  readonly isComplete: boolean;
}

/**
 * The option `frames`: the functions that watch frames. They come in as a value, so that a program which watches no frames does
 * not carry them.
 */
export interface FrameWatcher {
  /** Bytes of each payload that are shown. */
  readonly payloadPrefix: number;
  /** @internal */
  readonly functions: {
    readonly create: typeof createFrameWatch;
    readonly incomingHeader: typeof watchIncomingHeader;
    readonly incomingPayload: typeof watchIncomingPayload;
    readonly incomingEnd: typeof watchIncomingEnd;
    readonly refusedHeader: typeof watchRefusedHeader;
    readonly outgoing: typeof watchOutgoing;
    readonly forget: typeof forgetWatched;
    readonly next: typeof nextWatchedFrame;
  };
}

/**
 * Makes the option `frames`: the endpoint shows every frame in both directions as `Step.Frame`, with up to `payloadPrefix` bytes
 * of its payload.
 * @throws MisuseError for what is no number from 0 on.
 */
export function watchFrames(payloadPrefix: number): FrameWatcher {
  requireCount("payloadPrefix", payloadPrefix);
  return {
    payloadPrefix,
    functions: {
      create: createFrameWatch,
      incomingHeader: watchIncomingHeader,
      incomingPayload: watchIncomingPayload,
      incomingEnd: watchIncomingEnd,
      refusedHeader: watchRefusedHeader,
      outgoing: watchOutgoing,
      forget: forgetWatched,
      next: nextWatchedFrame,
    },
  };
}

export interface FrameWatch {
  readonly prefix: number;
  /** The frames to report. The frames before index `next` are reported already. */
  queue: WatchedFrame[];
  next: number;
  current: WatchedFrame | null;
  /** A step that the engine has reached, and that the host gets behind the frames before it. */
  held: number;
  /** The frame that is coming in, and how much of its prefix is there. */
  incoming: IncomingFrame | null;
  /** Bytes of frames queued so far. */
  sentBytes: number;
}

export interface IncomingFrame {
  readonly firstByte: number;
  readonly isMasked: boolean;
  readonly maskingKey: number;
  readonly payloadLength: number;
  readonly offset: number;
  readonly payload: Uint8Array;
  arrived: number;
}

export function createFrameWatch(prefix: number): FrameWatch {
  return {
    prefix,
    queue: [],
    next: 0,
    current: null,
    held: 0,
    incoming: null,
    sentBytes: 0,
  };
}

export function watchIncomingHeader(
  watch: FrameWatch,
  firstByte: number,
  isMasked: boolean,
  maskingKey: number,
  payloadLength: number,
  offset: number,
): void {
  watch.incoming = {
    firstByte,
    isMasked,
    maskingKey,
    payloadLength,
    offset,
    payload: new Uint8Array(Math.min(watch.prefix, payloadLength)),
    arrived: 0,
  };
}

/** `bytes[start, end)` is unmasked. */
export function watchIncomingPayload(
  watch: FrameWatch,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  const { incoming } = watch;
  if (incoming === null) return;
  const size = Math.min(end - start, incoming.payload.length - incoming.arrived);
  if (size <= 0) return;
  incoming.payload.set(bytes.subarray(start, start + size), incoming.arrived);
  incoming.arrived += size;
}

/** The incoming frame is complete, or broke a rule. */
export function watchIncomingEnd(watch: FrameWatch, isComplete: boolean): void {
  const { incoming } = watch;
  if (incoming === null) return;
  watch.incoming = null;
  watch.queue.push(
    watchedFrame("in", incoming, incoming.payload.subarray(0, incoming.arrived), isComplete),
  );
}

/** A frame that the engine refused at its header, so the payload length may be unknown. */
export function watchRefusedHeader(
  watch: FrameWatch,
  firstByte: number,
  isMasked: boolean,
  lengthField: number,
  offset: number,
): void {
  const refused = { firstByte, isMasked, maskingKey: 0, payloadLength: lengthField, offset };
  watch.queue.push(watchedFrame("in", refused, new Uint8Array(0), false));
}

/** @param payload as the application gave it, before masking; copied as far as the prefix goes. */
export function watchOutgoing(
  watch: FrameWatch,
  firstByte: number,
  isMasked: boolean,
  maskingKey: number,
  payload: Uint8Array,
  frameBytes: number,
): void {
  const sent = {
    firstByte,
    isMasked,
    maskingKey,
    payloadLength: payload.length,
    offset: watch.sentBytes,
  };
  // The engine does not call `slice` of the caller's object: `Buffer.slice` makes no copy.
  const prefix = new Uint8Array(payload.subarray(0, watch.prefix));
  watch.queue.push(watchedFrame("out", sent, prefix, true));
  watch.sentBytes += frameBytes;
}

/** Forgets the frames that are not reported, and the step that waits behind them. */
export function forgetWatched(watch: FrameWatch): void {
  watch.queue = [];
  watch.next = 0;
  watch.held = 0;
}

/** Moves to the next frame that is not reported. @returns false when there is no such frame. */
export function nextWatchedFrame(watch: FrameWatch): boolean {
  const frame = watch.queue[watch.next];
  if (frame === undefined) {
    watch.queue = [];
    watch.next = 0;
    watch.current = null;
    return false;
  }
  watch.next += 1;
  watch.current = frame;
  return true;
}

function watchedFrame(
  direction: "in" | "out",
  header: Pick<IncomingFrame, "firstByte" | "isMasked" | "maskingKey" | "payloadLength" | "offset">,
  payload: Uint8Array,
  isComplete: boolean,
): WatchedFrame {
  return {
    direction,
    fin: (header.firstByte & FIN) !== 0,
    rsv: (header.firstByte & RSV_BITS) >> 4,
    opcode: header.firstByte & OPCODE_BITS,
    isMasked: header.isMasked,
    maskingKey: inWireOrder(header.maskingKey),
    payloadLength: header.payloadLength,
    payload,
    offset: header.offset,
    isComplete,
  };
}

/** The engine keeps the first byte of a key in the lowest byte. A reader expects the first byte in the highest place. */
function inWireOrder(key: number): number {
  return (
    ((key << 24) | ((key & 0xff00) << 8) | ((key >>> 8) & 0xff00) | ((key >>> 24) & 0xff)) >>> 0
  );
}
