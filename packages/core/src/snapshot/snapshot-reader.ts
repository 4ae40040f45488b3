/**
 * Reads the fields of a snapshot. The bytes are not trusted: each function answers a value in its range or throws a
 * {@link SnapshotError}. No function takes memory that the snapshot does not fill.
 */
import { decodeUtf8 } from "../bytes/utf8-text.ts";
import { UTF8_ACCEPT, validateUtf8 } from "../bytes/utf8-validation.ts";
import { NEVER } from "../connection/deadline.ts";
import { SnapshotError } from "./snapshot-error.ts";

export interface SnapshotReader {
  readonly bytes: Uint8Array;
  /** The next byte. */
  at: number;
  /** The first byte behind the fields. */
  readonly end: number;
  /** The time of the restored connection. ms */
  readonly now: number;
}

/** The furthest distance of a point in time, ms: some 278,000 years. Sums of such times stay exact. */
const MOST_TIME = 2 ** 43;

export function invalid(at: number, what: string): SnapshotError {
  return new SnapshotError("invalid", `the snapshot is not valid: ${what}`, at);
}

export function readByte(reader: SnapshotReader, what: string, most: number = 255): number {
  const { at } = reader;
  if (at >= reader.end) throw invalid(at, `it ends within ${what}`);
  const value = reader.bytes[at]!;
  if (value > most) throw invalid(at, `${what} is ${value}, and ${most} at most`);
  reader.at = at + 1;
  return value;
}

export function readFlag(reader: SnapshotReader, what: string): boolean {
  return readByte(reader, what, 1) === 1;
}

/** See `writeNatural`. A longer form than the shortest is refused, so that equal states have equal snapshots. */
export function readNatural(
  reader: SnapshotReader,
  what: string,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  const start = reader.at;
  let value = 0;
  for (let scale = 1; ; scale *= 0x80) {
    const byte = readByte(reader, what);
    value += (byte & 0x7f) * scale;
    if (value > most) throw invalid(start, `${what} is more than ${most}`);
    if (byte < 0x80) {
      if (byte === 0 && scale > 1) throw invalid(start, `${what} is longer than it needs to be`);
      return value;
    }
    if (reader.at - start === 8) throw invalid(start, `${what} is more than ${most}`);
  }
}

export function readWhole(reader: SnapshotReader, what: string): number {
  const value = readNatural(reader, what);
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/**
 * A point in time of the new clock. A time before 0 becomes 0: no clock of a host has such times, and the timers would take
 * some of them for NEVER. A silence that is longer than the clock is old then begins with the clock.
 */
export function readTime(reader: SnapshotReader, what: string): number {
  if (!readFlag(reader, what)) return NEVER;
  const { at } = reader;
  const distance = readWhole(reader, what);
  if (Math.abs(distance) > MOST_TIME) throw invalid(at, `${what} is ${distance} ms away`);
  return Math.max(0, reader.now + distance);
}

/** A view of the snapshot; copy what has to stay. */
export function readBytes(
  reader: SnapshotReader,
  what: string,
  most: number = Number.MAX_SAFE_INTEGER,
): Uint8Array {
  const { at } = reader;
  const size = readNatural(reader, `the length of ${what}`, most);
  const start = reader.at;
  if (size > reader.end - start) throw invalid(at, `it ends within ${what}`);
  reader.at = start + size;
  return reader.bytes.subarray(start, start + size);
}

export function readText(reader: SnapshotReader, what: string, mostBytes?: number): string {
  const { at } = reader;
  const bytes = readBytes(reader, what, mostBytes);
  if (validateUtf8(bytes, 0, bytes.length, UTF8_ACCEPT) !== UTF8_ACCEPT) {
    throw invalid(at, `${what} is not UTF-8`);
  }
  return decodeUtf8(bytes, 0, bytes.length);
}

export function readOptional<T>(
  reader: SnapshotReader,
  what: string,
  read: (reader: SnapshotReader) => T,
): T | null {
  return readFlag(reader, what) ? read(reader) : null;
}

export function readList<T>(
  reader: SnapshotReader,
  what: string,
  most: number,
  read: (reader: SnapshotReader) => T,
): T[] {
  // An item has one byte at least, so the snapshot itself bounds the list.
  const count = readNatural(reader, `the number of ${what}`, Math.min(most, reader.end));
  const items: T[] = [];
  for (let index = 0; index < count; index += 1) items.push(read(reader));
  return items;
}
