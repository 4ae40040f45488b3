/** One side of a history: its application, which misbehaves as the history says, and what the driver did to it. */
import type { Message, Socket, SocketHooks } from "@sansocket/driver";
import type { VirtualRuntime } from "../application/virtual-runtime.ts";
import type { Called, Command, Misdeed, Side } from "./application-history.ts";
import { ODD_VALUES, WAYS_TO_FAIL } from "./odd-values.ts";

type AnySocket = Socket<undefined>;

/** A promise of the driver, and whether it keeps it. */
export interface Promised {
  readonly what: string;
  state: "waits" | "settled" | "rejected";
}

/** Bytes of the messages that put pressure on a peer. */
const MUCH = 60_000;

export class ApplicationSide {
  readonly side: Side;
  /** The promises of the driver to this side. */
  readonly promised: Promised[] = [];
  /** The messages that were queued, and those that have come. */
  readonly sent: string[] = [];
  readonly received: string[] = [];
  /** The acts of the driver against its rules. */
  readonly faults: string[] = [];
  socket: AnySocket | null = null;
  /** The connection has left its server, and comes to another one. */
  isMoving = false;
  /** How often `error` was called. */
  errors = 0;
  /** A call has failed, and `error` must hear of it. */
  hasFailed = false;
  /** How often the `close` hook was called. */
  closes = 0;
  private readonly misdeeds: readonly Misdeed[];
  private readonly runtime: VirtualRuntime;
  private readonly onShutdown: () => Promise<unknown>;
  private readonly onHandOff: (socket: AnySocket) => Promise<unknown>;
  private readonly calls: Map<Called, number> = new Map();
  private leaving = 0;
  /** The promise of an `open`, `adopted` or `message` hook that has not settled. */
  private awaited: Promise<unknown> | null = null;

  constructor(
    side: Side,
    misdeeds: readonly Misdeed[],
    runtime: VirtualRuntime,
    onShutdown: () => Promise<unknown>,
    onHandOff: (socket: AnySocket) => Promise<unknown>,
  ) {
    this.side = side;
    this.misdeeds = misdeeds.filter((misdeed) => misdeed.side === side);
    this.runtime = runtime;
    this.onShutdown = onShutdown;
    this.onHandOff = onHandOff;
  }

  /**
   * Watches a promise of the driver.
   * @param mayReject whether a rejection is an answer.
   * @returns the promise.
   */
  promise(what: string, promise: Promise<unknown>, mayReject: boolean = false): Promise<unknown> {
    const promised: Promised = { what: `${what} of the ${this.side}`, state: "waits" };
    this.promised.push(promised);
    promise.then(
      () => {
        promised.state = "settled";
      },
      () => {
        promised.state = mayReject ? "settled" : "rejected";
      },
    );
    return promise;
  }

  /** Does what the history says of this call. @returns what the hook returns. */
  at(hook: Called): unknown {
    const call = this.calls.get(hook) ?? 0;
    this.calls.set(hook, call + 1);
    const misdeed = this.misdeeds.find((one) => one.hook === hook && one.call === call);
    switch (misdeed?.does) {
      case undefined:
        return undefined;
      case "never settle":
        return new Promise(() => {});
      case "settle later":
        return new Promise<void>((resolve) => void this.runtime.setTimer(resolve, misdeed.ms));
      case "fail":
        this.hasFailed ||= this.mustBeTold(hook, misdeed.way);
        return WAYS_TO_FAIL[misdeed.way]!(ODD_VALUES[misdeed.value]!());
      case "command":
        void this.command(misdeed.command);
        return undefined;
      case "await":
        return this.command(misdeed.command);
    }
  }

  /** A loop of a client is its application's, `error` has nobody behind it, and `await` looks at `then` once. */
  private mustBeTold(hook: Called, way: string): boolean {
    if (hook === "error" || (hook === "loop" && this.side === "client")) return false;
    return way !== "returns an object whose getter of then throws the second time";
  }

  /** As {@link at}, for hooks whose promise the next message waits for. */
  private awaitedAt(hook: "open" | "adopted" | "message"): unknown {
    const result = this.at(hook);
    if (Object.prototype.toString.call(result) !== "[object Promise]") return result;
    const promise = result as Promise<unknown>;
    this.awaited = promise;
    const settled = (): void => {
      if (this.awaited === promise) this.awaited = null;
    };
    promise.then(settled, settled);
    return promise;
  }

  /** Every message that arrives is taken, in less time than the driver gives for that. */
  get takesEverything(): boolean {
    return this.misdeeds.every((misdeed) => misdeed.does === "settle later" && misdeed.ms < 3_000);
  }

  /** The hooks that may stand beside a loop. */
  get hooksBesideLoop(): Pick<SocketHooks<undefined>, "error" | "trace"> {
    const error = (): unknown => {
      this.errors += 1;
      return this.at("error");
    };
    const isTraced = this.misdeeds.some(({ hook }) => hook === "trace");
    return isTraced ? { error, trace: () => this.at("trace") as undefined } : { error };
  }

  /** All hooks. */
  get hooks(): SocketHooks<undefined> {
    return {
      ...this.hooksBesideLoop,
      open: (socket) => {
        this.opened(socket);
        return this.awaitedAt("open");
      },
      adopted: (socket) => {
        this.requireBeforeClose("adopted");
        this.opened(socket);
        return this.awaitedAt("adopted");
      },
      message: (_, message) => {
        this.requireBeforeClose("message");
        if (this.awaited !== null) {
          this.faults.push(`message was called at the ${this.side} while a hook was awaited`);
        }
        this.received.push(nameOf(message));
        return this.awaitedAt("message");
      },
      drain: () => this.called("drain"),
      ping: () => this.called("ping"),
      pong: () => this.called("pong"),
      close: () => {
        this.requireBeforeClose("close");
        this.closes += 1;
        return this.at("close");
      },
    };
  }

  /** The socket is there. */
  opened(socket: AnySocket): void {
    if (this.socket === socket) return;
    if (this.socket !== null && !this.isMoving) {
      this.faults.push(`open was called twice at the ${this.side}`);
    }
    this.isMoving = false;
    this.socket = socket;
    this.promise("closed", socket.closed);
  }

  private called(hook: Called): unknown {
    this.requireBeforeClose(hook);
    return this.at(hook);
  }

  private requireBeforeClose(hook: Called): void {
    if (this.closes > 0) this.faults.push(`${hook} was called behind close at the ${this.side}`);
  }

  /** The loop of an application: left when it is told so, and begun again. */
  async loop(socket: AnySocket): Promise<void> {
    this.opened(socket);
    for (let hasEnded = false; !hasEnded; ) {
      hasEnded = true;
      for await (const message of socket) {
        this.received.push(nameOf(message));
        await this.at("loop");
        if (this.leaving === 0) continue;
        this.leaving -= 1;
        hasEnded = false;
        break;
      }
    }
  }

  /** @returns the promise of the command, where it has one. */
  command(command: Command): Promise<unknown> | undefined {
    const { socket } = this;
    if (socket === null) return undefined;
    const name = `${this.side} ${this.sent.length}`;
    switch (command) {
      case "write":
        if (socket.write(name) !== "closed") this.sent.push(name);
        return undefined;
      case "send":
        if (socket.state === "open") this.sent.push(name);
        return this.promise("send", socket.send(name));
      case "much": {
        const bytes = new Uint8Array(MUCH).fill(this.sent.length);
        if (socket.write(bytes) !== "closed") this.sent.push(nameOf(bytes));
        return undefined;
      }
      case "stream":
      case "stream that throws":
      case "stream that never goes on":
        if (socket.state === "open") this.sent.push(command === "stream" ? name : `no ${name}`);
        return this.promise("sendStream", socket.sendStream(source(name, command)));
      case "ping":
        return this.promise("ping", socket.ping());
      case "ready":
        return this.promise("ready", socket.ready());
      case "pause":
        socket.pause();
        return undefined;
      case "resume":
        socket.resume();
        return undefined;
      case "close":
        return this.promise("close", socket.close(3_000, "enough"));
      case "abort":
        socket.abort();
        return undefined;
      case "leave the loop":
        this.leaving += 1;
        return undefined;
      case "shutdown":
        return this.onShutdown();
      case "hand off":
        // It rejects for a connection that cannot move, or not in time.
        return this.promise("hand-off", this.onHandOff(socket), true).catch(() => {});
    }
  }
}

async function* source(name: string, command: Command): AsyncGenerator<string> {
  yield name.slice(0, 3);
  if (command === "stream that throws") throw new Error("the source is broken");
  if (command === "stream that never goes on") await new Promise(() => {});
  yield name.slice(3);
}

/** Text as it is, and bytes by what they should be: all alike, and as many as were sent. */
function nameOf(message: Message): string {
  if (typeof message === "string") return message;
  const isWhole = message.length === MUCH && message.every((byte) => byte === message[0]);
  return isWhole ? `${MUCH} times ${message[0]}` : `damage in ${message.length} bytes`;
}
