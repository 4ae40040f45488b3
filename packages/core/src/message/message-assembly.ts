/**
 * An incoming message under way (RFC 6455 §5.4), from the header of its first frame to the last byte of its final frame. A
 * connection has at most one, and an idle connection has none.
 */
import {
  createGrowingBytes,
  Gathering,
  type GrowingBytes,
  reserveBytes,
} from "../bytes/growing-bytes.ts";
import type { Kernels } from "../bytes/kernels.ts";
import { UTF8_ACCEPT } from "../bytes/utf8-validation.ts";
import { Opcode } from "../frame/opcode.ts";
import type { MessageViolation } from "./message-violation.ts";

export interface MessageAssembly {
  readonly opcode: number;
  /** The first frame carried the bits of the extension session: the payload passes through it. */
  readonly isExtended: boolean;
  /** Byte of the stream at which the first frame begins. */
  readonly startsAt: number;
  /** Bytes of application data so far, after the extension. */
  length: number;
  /** Frames so far, empty frames included. A limit in bytes alone would let empty frames through without end. */
  fragments: number;
  utf8State: number;
  /** The bytes that wait to be delivered; null without such bytes. */
  gathered: GrowingBytes | null;
}

export function createMessageAssembly(
  opcode: number,
  isExtended: boolean,
  startsAt: number,
): MessageAssembly {
  return {
    opcode,
    isExtended,
    startsAt,
    length: 0,
    fragments: 1,
    utf8State: UTF8_ACCEPT,
    gathered: null,
  };
}

/** §5.4: the fragments of two messages are never interleaved, and a continuation needs a message that it continues. */
export function judgeSequence(
  opcode: number,
  underWay: MessageAssembly | null,
  fragmentLimit: number,
): MessageViolation | null {
  if (opcode === Opcode.Continuation) {
    if (underWay === null) return "continuation-unexpected";
    if (underWay.fragments >= fragmentLimit) return "too-many-fragments";
    return null;
  }
  return underWay === null ? null : "continuation-missing";
}

/**
 * §8.1: judges the text byte by byte. @returns the index of the first byte of `bytes[start, end)` that no UTF-8 text can
 * have there, or -1.
 */
export function judgeText(
  message: MessageAssembly,
  kernels: Kernels,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  const verdict = kernels.validateUtf8(bytes, start, end, message.utf8State);
  if (verdict < 0) return ~verdict;
  message.utf8State = verdict;
  return -1;
}

/**
 * Room for the next `size` bytes of the message, behind those gathered so far. The caller writes the bytes, and adds their
 * number to `length`.
 * @param announced the bytes that will come behind these: those left of a final frame. Infinity where more frames follow,
 * because a buffer of exactly the announced size would not grow by doubling.
 */
export function roomInMessage(
  message: MessageAssembly,
  size: number,
  announced: number,
  gathering: Gathering,
): GrowingBytes {
  const { gathered } = message;
  if (gathered === null) {
    message.gathered = createGrowingBytes(size, size + announced, gathering);
    return message.gathered;
  }
  reserveBytes(gathered, size, gathered.length + size + announced, gathering);
  return gathered;
}

/** Gathers a copy of `bytes`, with an unknown number of bytes to come. */
export function gather(message: MessageAssembly, bytes: Uint8Array): void {
  const { length } = bytes;
  if (length === 0) return;
  const gathered = roomInMessage(message, length, Number.POSITIVE_INFINITY, Gathering.Kept);
  gathered.bytes.set(bytes, gathered.start + gathered.length);
  gathered.length += length;
}
