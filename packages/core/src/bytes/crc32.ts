/** CRC-32 as in RFC 1952 §8: a check against damage on the way, and no protection against an attacker. */

const POLYNOMIAL = 0xedb88320;
const TABLE: Int32Array = /* @__PURE__ */ buildTable();

function buildTable(): Int32Array {
  const table = new Int32Array(256);
  for (let index = 0; index < 256; index += 1) {
    let value = index;
    for (let bit = 0; bit < 8; bit += 1) {
      value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ POLYNOMIAL;
    }
    table[index] = value;
  }
  return table;
}

/** The CRC-32 of `bytes[start, end)`, from 0 to 2^32 - 1. */
export function crc32(bytes: Uint8Array, start: number, end: number): number {
  let value = -1;
  for (let at = start; at < end; at += 1) {
    value = TABLE[(value ^ bytes[at]!) & 0xff]! ^ (value >>> 8);
  }
  return ~value >>> 0;
}
