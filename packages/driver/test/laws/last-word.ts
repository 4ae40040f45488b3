/**
 * The law of the last word: however many messages stand before the peer's Close or a violation, however the network cuts all
 * of that, however late the network takes the answers, and whoever takes the messages in whatever time, every message is
 * answered, in order, and our Close comes last.
 */
import fc from "fast-check";
import type { Socket } from "../../src/index.ts";
import { connected, type Peer, QUIET, Stage, settle, type VirtualRuntime } from "../stage.ts";
import { checked, type DriverLawOptions, requireSame } from "./driver-law.ts";

const CONSUMERS = ["hook", "loop", "iterators", "leaving loops"] as const;
type Consumer = (typeof CONSUMERS)[number];

/** Answers every message, each after so many ms; 0 is at once. */
class Application {
  runtime!: VirtualRuntime;
  private readonly delays: readonly number[];
  private readonly padding: string;
  private taken = 0;

  /** @param padding spaces behind each answer: answers may be larger than what the transport takes at once. */
  constructor(delays: readonly number[], padding: number) {
    this.delays = delays;
    this.padding = " ".repeat(padding);
  }

  answer(socket: Socket<undefined>, message: unknown): Promise<void> | undefined {
    const delay = this.delays[this.taken % this.delays.length]!;
    this.taken += 1;
    if (delay === 0) return void socket.write(`re: ${String(message)}${this.padding}`);
    return new Promise<void>((resolve) => void this.runtime.setTimer(resolve, delay, true)).then(
      () => void socket.write(`re: ${String(message)}${this.padding}`),
    );
  }

  async run(socket: Socket<undefined>, consumer: Consumer): Promise<void> {
    try {
      if (consumer === "loop") {
        for await (const message of socket) await this.answer(socket, message);
        return;
      }
      for (;;) {
        const message = consumer === "iterators" ? await fresh(socket) : await first(socket);
        if (message === undefined) return;
        await this.answer(socket, message);
      }
    } catch {
      // A violation, which the loop throws.
    }
  }
}

async function fresh(socket: Socket<undefined>): Promise<unknown> {
  return (await socket[Symbol.asyncIterator]().next()).value;
}

async function first(socket: Socket<undefined>): Promise<unknown> {
  for await (const message of socket) return message;
  return undefined;
}

async function begin(
  role: "server" | "client",
  consumer: Consumer,
  application: Application,
): Promise<Peer> {
  const timeouts = { ...QUIET, close: 60_000 };
  const isHook = consumer === "hook";
  const message = (socket: Socket<undefined>, text: unknown): unknown =>
    application.answer(socket, text);
  if (role === "server") {
    const stage = new Stage(
      isHook
        ? { timeouts, message }
        : { timeouts, connection: (socket) => application.run(socket, consumer) },
    );
    application.runtime = stage.runtime;
    return await stage.opened();
  }
  const { socket, peer, runtime } = await connected({ timeouts }, isHook ? { message } : {});
  application.runtime = runtime;
  if (!isHook) void application.run(socket, consumer);
  await settle();
  return peer;
}

/** Every message before the peer's Close or a violation is answered, in order, and our Close comes last. */
export async function lastWordLaw(options: DriverLawOptions = {}): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("server" as const, "client" as const),
      fc.constantFrom(...CONSUMERS),
      fc.constantFrom("a Close", "a violation"),
      fc.integer({ min: 0, max: 6 }),
      fc.array(fc.constantFrom(0, 0, 1, 50, 2_000), { minLength: 1, maxLength: 4 }),
      fc.array(
        fc.record({ bytes: fc.integer({ min: 1, max: 40 }), ms: fc.constantFrom(0, 0, 30) }),
        { maxLength: 8 },
      ),
      fc.constantFrom(0, 0, 0, 140_000),
      fc.constantFrom(Number.POSITIVE_INFINITY, 0, 200_000),
      async (role, consumer, end, count, delays, cuttings, padding, room) => {
        const application = new Application(delays, padding);
        const peer = await begin(role, consumer, application);
        const { runtime } = application;
        peer.transport.room = room;
        const texts = Array.from({ length: count }, (_, number) => `message ${number}`);
        for (const text of texts) peer.endpoint.sendText(text);
        if (end === "a Close") peer.endpoint.close(3_005, "", runtime.now());
        peer.speak();
        if (end === "a violation") {
          peer.says(
            role === "server" ? Uint8Array.of(0x85, 0x80, 1, 2, 3, 4) : Uint8Array.of(0x85, 0),
          );
        }
        // A loop that was left before the end arrives counts as having answered: there all comes in one read.
        for (const { bytes, ms } of consumer === "leaving loops" ? [] : cuttings) {
          peer.toDriverUpTo(bytes);
          if (ms > 0) await runtime.advance(ms);
        }
        peer.toDriverUpTo(Number.POSITIVE_INFINITY);
        await settle();
        await runtime.advance(count * 2_000);
        peer.transport.takes(Number.POSITIVE_INFINITY);
        await settle();
        peer.fromDriver();
        const told = peer.events.flatMap((event): unknown[] =>
          event.type === "text"
            ? [event.text.trimEnd()]
            : event.type === "closing"
              ? [event.close.code]
              : [],
        );
        const code = end === "a Close" ? 3_005 : 1_002;
        requireSame("answers and Close", told, [...texts.map((text) => `re: ${text}`), code]);
        // RFC 6455 §7.1.1, §7.1.7: a client waits for the server to end TCP, except after a violation.
        const endsFirst = role === "server" || end === "a violation";
        if (endsFirst) requireSame("our stream has ended", peer.transport.isWriteEnded, true);
      },
    ),
    checked(options, 400),
  );
}
