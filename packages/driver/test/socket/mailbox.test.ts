/** Messages that wait: in order, counted, and let go of. */
import { expect, test } from "vitest";
import { Mailbox } from "../../src/socket/mailbox.ts";

test("messages leave in the order in which they came, and their bytes with them", () => {
  const mailbox = new Mailbox();
  mailbox.add("one", 3);
  mailbox.add(Uint8Array.of(2), 1);
  expect([mailbox.count, mailbox.bytes]).toEqual([2, 3 + 1 + 2 * 64]);
  expect(mailbox.take()).toBe("one");
  expect([mailbox.count, mailbox.bytes]).toEqual([1, 1 + 64]);
  expect(mailbox.take()).toEqual(Uint8Array.of(2));
  expect([mailbox.count, mailbox.bytes]).toEqual([0, 0]);
});

test("an empty message counts 64 bytes, so that a peer cannot fill the memory with nothing", () => {
  const mailbox = new Mailbox();
  for (let count = 0; count < 100; count += 1) mailbox.add("", 0);
  expect(mailbox.bytes).toBe(6_400);
});

test("ten thousand messages come out as they went in, though taken ones are let go of in between", () => {
  const mailbox = new Mailbox();
  const taken: unknown[] = [];
  for (let index = 0; index < 10_000; index += 1) {
    mailbox.add(String(index), 1);
    if (index % 3 === 0) taken.push(mailbox.take());
  }
  while (mailbox.count > 0) taken.push(mailbox.take());
  expect(taken).toEqual(Array.from({ length: 10_000 }, (_, index) => String(index)));
});
