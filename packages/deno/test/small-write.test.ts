import { expect, test } from "vitest";
import { COPY_BYTES, copyOf, lentWrite, type SmallWrite } from "../src/small-write.ts";

const owner = { smallWritten() {}, smallFailed() {} };
const bytes = (length: number): Uint8Array => new Uint8Array(length).map((_, index) => index);

test("a copy holds the bytes of its chunk, and no byte more", () => {
  for (const length of [1, 66, 66, 2, COPY_BYTES]) {
    const copy = copyOf(owner, bytes(length));
    expect(copy.bytes).toEqual(bytes(length));
    copy.release();
  }
});

test("a copy that is under way is not used for another write, and is used again behind its write", () => {
  const first = copyOf(owner, bytes(3));
  expect(copyOf(owner, bytes(3)) === first).toBe(false);
  first.release();
  expect(copyOf(owner, bytes(5)) === first).toBe(true);
});

test("256 copies are used again at most, and more have memory of their own", () => {
  const copies = (): SmallWrite[] => Array.from({ length: 300 }, () => copyOf(owner, bytes(9)));
  const many = copies();
  for (const copy of many) copy.release();
  const again = copies();
  expect(again.filter((copy) => many.includes(copy)).length).toBeLessThanOrEqual(256);
  expect(again.filter(({ bytes: { buffer } }) => buffer.byteLength === 9)).not.toHaveLength(0);
  expect(again.every((copy) => String(copy.bytes) === String(bytes(9)))).toBe(true);
  for (const copy of again) copy.release();
});

test("the owner hears how many bytes of which copy were written, and of a failure", () => {
  const heard: unknown[] = [];
  const copy = copyOf(
    {
      smallWritten: (which, byteCount) => heard.push(which === copy, byteCount),
      smallFailed: (error) => heard.push(error),
    },
    bytes(9),
  );
  copy.written(7);
  copy.failed("EPIPE");
  expect(heard).toEqual([true, 7, "EPIPE"]);
  expect(copyOf(owner, bytes(9)) === copy).toBe(true);
});

test("a chunk that nobody writes again is lent to Deno, and its write is used again without it", () => {
  const chunk = bytes(1_034);
  const write = lentWrite(owner, chunk);
  expect(write.bytes).toBe(chunk);
  write.release();
  expect(write.bytes.length).toBe(0);
  expect(lentWrite(owner, bytes(3)) === write).toBe(true);
});
