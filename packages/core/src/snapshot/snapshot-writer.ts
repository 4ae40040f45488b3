/**
 * Writes the fields of a snapshot. `snapshot-reader` reads the same kinds of fields; docs/hand-off.md describes them byte by
 * byte.
 */
import { crc32 } from "../bytes/crc32.ts";
import { encodeUtf8 } from "../bytes/utf8-text.ts";
import { NEVER } from "../connection/deadline.ts";

export interface SnapshotWriter {
  bytes: Uint8Array<ArrayBuffer>;
  length: number;
  /** The time of the connection: points in time are written as their distance from it. ms */
  readonly now: number;
}

export function createSnapshotWriter(now: number): SnapshotWriter {
  return { bytes: new Uint8Array(256), length: 0, now };
}

function reserve(writer: SnapshotWriter, byteCount: number): void {
  const needed = writer.length + byteCount;
  if (needed <= writer.bytes.length) return;
  const larger = new Uint8Array(Math.max(needed, writer.bytes.length * 2));
  larger.set(writer.bytes.subarray(0, writer.length));
  writer.bytes = larger;
}

/** 0 to 255. */
export function writeByte(writer: SnapshotWriter, value: number): void {
  reserve(writer, 1);
  writer.bytes[writer.length] = value;
  writer.length += 1;
}

export function writeFlag(writer: SnapshotWriter, value: boolean): void {
  writeByte(writer, value ? 1 : 0);
}

/** 0 to 2^53 - 1: seven bits a byte, the lowest first; the highest bit says that more follow. */
export function writeNatural(writer: SnapshotWriter, value: number): void {
  reserve(writer, 8);
  let rest = value;
  while (rest >= 0x80) {
    writer.bytes[writer.length] = (rest % 0x80) | 0x80;
    writer.length += 1;
    rest = Math.floor(rest / 0x80);
  }
  writer.bytes[writer.length] = rest;
  writer.length += 1;
}

/** A whole number: 0, -1, 1, -2, 2 and so on become the naturals 0, 1, 2, 3, 4. */
export function writeWhole(writer: SnapshotWriter, value: number): void {
  writeNatural(writer, value < 0 ? -value * 2 - 1 : value * 2);
}

/** A point in time as its distance from now, behind a flag; NEVER is the flag 0. */
export function writeTime(writer: SnapshotWriter, at: number): void {
  writeFlag(writer, at !== NEVER);
  if (at !== NEVER) writeWhole(writer, at - writer.now);
}

export function writeBytes(
  writer: SnapshotWriter,
  source: Uint8Array,
  start: number = 0,
  end: number = source.length,
): void {
  writeNatural(writer, end - start);
  writeRaw(writer, source.subarray(start, end));
}

/** Bytes whose length stands before them already. */
export function writeRaw(writer: SnapshotWriter, source: Uint8Array): void {
  reserve(writer, source.length);
  writer.bytes.set(source, writer.length);
  writer.length += source.length;
}

export function writeText(writer: SnapshotWriter, text: string): void {
  writeBytes(writer, encodeUtf8(text));
}

/** A flag, and the value behind the flag 1. */
export function writeOptional<T>(
  writer: SnapshotWriter,
  value: T | null,
  write: (writer: SnapshotWriter, value: T) => void,
): void {
  writeFlag(writer, value !== null);
  if (value !== null) write(writer, value);
}

/** The number of the items, and the items. */
export function writeList<T>(
  writer: SnapshotWriter,
  items: readonly T[],
  write: (writer: SnapshotWriter, item: T) => void,
): void {
  writeNatural(writer, items.length);
  for (const item of items) write(writer, item);
}

/** Ends the snapshot with its check sum. @returns all bytes, in memory of their own. */
export function finishSnapshot(writer: SnapshotWriter): Uint8Array<ArrayBuffer> {
  const sum = crc32(writer.bytes, 0, writer.length);
  for (const shift of [24, 16, 8, 0]) writeByte(writer, (sum >>> shift) & 0xff);
  return writer.bytes.slice(0, writer.length);
}
