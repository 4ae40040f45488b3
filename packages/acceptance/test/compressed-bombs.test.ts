/** Many messages in few compressed bytes, and an application that is busy with the first: over real sockets. */
import type { Message, Socket } from "@sansocket/node";
import { describe, expect, test } from "vitest";
import { connect, deflate, serve } from "./adapter.ts";
import { Mailbox } from "./mailbox.ts";

/** 32 MiB of messages, which are 50 KiB on the wire: one or a few reads bring all of them. */
const MESSAGE = new Uint8Array(65_536);
const COUNT = 512;

/** `limits.undelivered` by default, the allowance, and one message more; the mailbox counts 64 bytes for each message. */
const MOST_WAITING = Math.ceil((1_048_576 + 65_536) / (MESSAGE.length + 64)) + 1;

/** An application that is busy with its first message until the test says so. */
class BusyApplication {
  readonly lengths: number[] = [];
  free = (): void => {};
  private readonly freed: Promise<void> = new Promise((resolve) => {
    this.free = resolve;
  });
  private readonly called: Mailbox<null> = new Mailbox();

  async takes(message: Message): Promise<void> {
    this.lengths.push(message.length);
    if (this.lengths.length > 1) return;
    this.called.put(null);
    await this.freed;
  }

  async isBusy(): Promise<void> {
    await this.called.take();
  }
}

interface Scene extends AsyncDisposable {
  /** The side that sends the messages. */
  readonly sender: Socket;
  /** The side whose application is busy. */
  readonly receiver: Socket;
  readonly application: BusyApplication;
}

async function bombed(side: "server" | "client"): Promise<Scene> {
  const application = new BusyApplication();
  const opened = new Mailbox<Socket>();
  const server = await serve({
    hostname: "127.0.0.1",
    perMessageDeflate: deflate(),
    open: (socket) => opened.put(socket),
    message: (_, message) => application.takes(message),
  });
  const client: Socket = await connect(server.url);
  const served = await opened.take();
  if (side === "client") void loopOver(client, application);
  const [sender, receiver] = side === "server" ? [client, served] : [served, client];
  for (let count = 0; count < COUNT; count += 1) sender.write(MESSAGE);
  await application.isBusy();
  return {
    sender,
    receiver,
    application,
    async [Symbol.asyncDispose]() {
      application.free();
      client.abort();
      await server.shutdown({ grace: 0 });
    },
  };
}

async function loopOver(socket: Socket, application: BusyApplication): Promise<void> {
  try {
    for await (const message of socket) await application.takes(message);
  } catch {
    // The test looks at `closed`, which says the same.
  }
}

describe.each([
  { side: "server", taking: "hook" },
  { side: "client", taking: "loop" },
] as const)("a compressed bomb for the busy $taking of a $side", ({ side }) => {
  test("waits in its compressed form: few of its messages are inflated", async () => {
    await using scene = await bombed(side);
    const { receiver } = scene;
    // The reads that come until the abort only add to what waits.
    await new Promise((resolve) => setTimeout(resolve, 100));
    receiver.abort();
    const { undelivered } = await receiver.closed;
    expect(undelivered).toBeGreaterThan(0);
    expect(undelivered).toBeLessThanOrEqual(MOST_WAITING);
  });

  test("arrives whole when the application goes on, and so does the Close behind it", async () => {
    await using scene = await bombed(side);
    const { sender, receiver, application } = scene;
    const closed = sender.close(3_000, "behind it");
    application.free();
    expect(await receiver.closed).toMatchObject({ code: 3_000, reason: "behind it" });
    expect(await closed).toMatchObject({ code: 3_000, wasClean: true });
    expect(application.lengths).toEqual(new Array(COUNT).fill(MESSAGE.length));
  });
});
