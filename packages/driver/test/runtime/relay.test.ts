import { expect, test } from "vitest";
import { Relay, type TransportHandler } from "../../src/index.ts";
import { settle } from "../stage.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

class Log implements TransportHandler {
  readonly inbox: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  readonly entries: string[] = [];
  /** Called for each chunk. */
  onChunk: (text: string) => void = () => {};

  onData(chunk: Uint8Array): void {
    const text = String.fromCharCode(...chunk);
    this.entries.push(`data ${text}`);
    this.onChunk(text);
  }
  onInbox(): void {
    throw new Error("a relay reads into memory of its own");
  }
  onEnd(): void {
    this.entries.push("end");
  }
  onDrain(): void {
    this.entries.push("drain");
  }
  onClosed(error?: string): void {
    this.entries.push(`closed ${error}`);
  }
}

/** Everything that a transport tells, in an order in which a transport may tell it. */
function tellAll(relay: Relay): void {
  const chunk = bytes("a");
  relay.onData(chunk);
  chunk.fill(0); // the chunk was borrowed
  relay.inbox.set(bytes("b"));
  relay.onInbox(1);
  relay.onDrain();
  relay.onEnd();
  relay.onClosed("EPIPE");
}

const ALL = ["data a", "data b", "drain", "end", "closed EPIPE"];

test("what a relay is told while it has a handler, the handler hears at once", () => {
  const [relay, log] = [new Relay(), new Log()];
  relay.passTo(log);
  tellAll(relay);
  expect(log.entries).toEqual(ALL);
});

test("what a relay is told while nobody listens, the next handler hears in order, behind passTo", async () => {
  const [relay, log] = [new Relay(), new Log()];
  tellAll(relay);
  expect(relay.byteCount).toBe(2);
  relay.passTo(log);
  expect(log.entries).toEqual([]);
  await settle();
  expect([log.entries, relay.byteCount]).toEqual([ALL, 0]);
});

test("what comes between passTo and its microtask stands behind what was kept", async () => {
  const [relay, log] = [new Relay(), new Log()];
  relay.onData(bytes("a"));
  relay.passTo(log);
  relay.onData(bytes("b"));
  await settle();
  relay.onData(bytes("c"));
  expect(log.entries).toEqual(["data a", "data b", "data c"]);
});

test("a handler that holds while it is told of what was kept hears no more, and the next one hears the rest", async () => {
  const [relay, first, second] = [new Relay(), new Log(), new Log()];
  for (const text of ["ab", "c"]) relay.onData(bytes(text));
  first.onChunk = (text) => relay.hold(bytes(text.slice(1)));
  relay.passTo(first);
  await settle();
  relay.onEnd();
  relay.passTo(second);
  await settle();
  expect([first.entries, second.entries]).toEqual([["data ab"], ["data b", "data c", "end"]]);
});

test("of two handlers one behind the other only the second hears, though what was kept waits for its microtask", async () => {
  const [relay, first, second] = [new Relay(), new Log(), new Log()];
  relay.onData(bytes("a"));
  relay.passTo(first);
  relay.passTo(second);
  await settle();
  expect([first.entries, second.entries]).toEqual([[], ["data a"]]);
});
