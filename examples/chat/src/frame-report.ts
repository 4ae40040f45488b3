/** A frame, as the page is told of it. */

/** What the `trace` hook sees of a frame: core's WatchedFrame. */
export interface TracedFrame {
  readonly direction: "in" | "out";
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly isMasked: boolean;
  readonly maskingKey: number;
  readonly payloadLength: number;
  readonly payload: Uint8Array;
  readonly offset: number;
  readonly isComplete: boolean;
}

/** The same with its payload in hexadecimal, as JSON has no octets. */
export type FrameReport = Omit<TracedFrame, "payload"> & { readonly payload: string };

/** Octets of each payload that the page is shown. */
const SHOWN_OCTETS = 96;

export function reportFrame(frame: TracedFrame): FrameReport {
  return { ...frame, payload: hexOf(frame.payload.subarray(0, SHOWN_OCTETS)) };
}

/** How every message begins that tells of frames: `type` is its first member. */
const BEGINNING = '{"type":"frames"';

/**
 * Whether a frame carries such a message itself. It is not to be reported: its report would be a frame again, and that
 * one's report too, without end. What people write cannot look like one, since it stands further inside of its message.
 */
export function isReport({ direction, payload }: TracedFrame): boolean {
  if (direction === "in" || payload.length < BEGINNING.length) return false;
  for (let index = 0; index < BEGINNING.length; index += 1) {
    if (payload[index] !== BEGINNING.charCodeAt(index)) return false;
  }
  return true;
}

function hexOf(octets: Uint8Array): string {
  let hex = "";
  for (const octet of octets) hex += octet.toString(16).padStart(2, "0");
  return hex;
}
