/** Code that goes on from promise to promise lets the event loop go on too: timers, other connections, the peer's Close. */
import { describe, expect, test } from "vitest";
import { createWebSocketStreamClass, type Dialed, fromStreams } from "../../src/index.ts";
import { connected, Stage, type VirtualRuntime } from "../stage.ts";

/** Steps that a test makes at most, so that a run without an end fails and does not hang. */
const MOST = 5_000;

const nextTask = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** @returns whether there is another step. Each takes 1 ms of the driver's clock. */
type Step = () => boolean;

/**
 * Work that asks for each step before it begins the step.
 * @returns how many steps are made before the event loop goes on.
 */
async function stepsInOneRun(
  runtime: VirtualRuntime,
  begin: (step: Step) => unknown,
): Promise<number> {
  let steps = 0;
  let isOver = false;
  const step = (): boolean => {
    if (isOver || steps === MOST) return false;
    steps += 1;
    runtime.skip(1);
    return true;
  };
  const done = Promise.resolve(begin(step));
  await nextTask();
  const inOneRun = steps;
  isOver = true;
  let isDone = false;
  void done.then(() => {
    isDone = true;
  });
  while (!isDone) {
    runtime.runPolls();
    await nextTask();
  }
  return inOneRun;
}

/** A run ends after 128 steps of 1 ms: the clock is looked at with every 64. */
const expectShort = (steps: number): void => expect(steps).toSatisfy((count) => count <= 128);

describe("the event loop goes on among the steps of an application without an end", () => {
  test("which awaits send", async () => {
    const { socket, runtime } = await connected();
    const steps = await stepsInOneRun(runtime, async (step) => {
      while (step()) await socket.send("tick");
    });
    expectShort(steps);
  });

  test("which awaits ready", async () => {
    const { socket, runtime } = await connected();
    const steps = await stepsInOneRun(runtime, async (step) => {
      while (step()) {
        socket.write("tick");
        await socket.ready();
      }
    });
    expectShort(steps);
  });

  test("which has its parts ready for sendStream", async () => {
    const { socket, runtime } = await connected();
    const steps = await stepsInOneRun(runtime, (step) =>
      socket.sendStream(
        (function* () {
          while (step()) yield "part";
        })(),
      ),
    );
    expectShort(steps);
  });

  test("which awaits the writer of a WebSocketStream", async () => {
    const stage = new Stage({});
    const dialed: Dialed = {
      open: (handler) => {
        const [ours, theirs] = pairOfStreams();
        stage.server.accept(fromStreams(theirs));
        return fromStreams(ours)(handler);
      },
      startTls: () => Promise.resolve(dialed),
      destroy: () => {},
    };
    const { runtime } = stage;
    const WebSocketStream = createWebSocketStreamClass({
      runtime,
      dialer: { dial: () => Promise.resolve(dialed) },
    });
    const { writable } = await new WebSocketStream("ws://site.example/").opened;
    const writer = (writable as WritableStream<string>).getWriter();
    const steps = await stepsInOneRun(runtime, async (step) => {
      while (step()) await writer.write("tick");
    });
    expectShort(steps);
  });

  test("which takes the messages that wait in a loop", async () => {
    const stage = new Stage({});
    const peer = await stage.opened();
    for (let count = 0; count <= MOST; count += 1) peer.endpoint.sendText("tick");
    await peer.pump();
    const steps = await stepsInOneRun(stage.runtime, async (step) => {
      for await (const _ of stage.server.sockets[0]!) if (!step()) break;
    });
    expectShort(steps);
  });

  test("whose hook answers each message later", async () => {
    let step: Step = () => true;
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let answered = 0;
    const stage = new Stage({
      async message() {
        await held;
        step();
        answered += 1;
      },
    });
    const peer = await stage.opened();
    for (let count = 0; count < MOST; count += 1) peer.endpoint.sendText("tick");
    await peer.pump();
    const steps = await stepsInOneRun(stage.runtime, (given) => {
      step = given;
      release();
    });
    expectShort(steps);
    while (answered < MOST) {
      stage.runtime.runPolls();
      await nextTask();
    }
  });
});

test("a send that had to wait for the event loop says that its message is sent, and messages keep their order", async () => {
  const { socket, peer, runtime } = await connected();
  const results: string[] = [];
  await stepsInOneRun(runtime, async (step) => {
    while (step()) results.push(await socket.send(`${results.length}`));
  });
  await peer.pump();
  expect(results.length).toBeGreaterThan(64);
  expect(results.every((result) => result === "sent")).toBe(true);
  expect(peer.messages).toEqual(results.map((_, index) => `${index}`));
});

test("a stream that always has bytes lets timers run", async () => {
  const most = 3_000_000;
  let pulls = 0;
  let hasTimerRun = false;
  setTimeout(() => {
    hasTimerRun = true;
  }, 0);
  const ended = new Promise<void>((resolve) => {
    const readable = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulls += 1;
        if (hasTimerRun || pulls === most) controller.close();
        else controller.enqueue(Uint8Array.of(0));
      },
    });
    fromStreams({ readable, writable: new WritableStream() })({
      inbox: new Uint8Array(0),
      onInbox: () => {},
      onData: () => {},
      onEnd: resolve,
      onDrain: () => {},
      onClosed: () => {},
    });
  });
  await ended;
  expect(pulls).toBeLessThan(most);
});

function pairOfStreams() {
  const up = new TransformStream<Uint8Array, Uint8Array>();
  const down = new TransformStream<Uint8Array, Uint8Array>();
  return [
    { readable: down.readable, writable: up.writable },
    { readable: up.readable, writable: down.writable },
  ] as const;
}
