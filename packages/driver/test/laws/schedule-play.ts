/** One play of a schedule: our application over the driver, the peer, and what both of them got. */
import type { Socket } from "../../src/index.ts";
import { connected, type Peer, QUIET, Stage, settle, type VirtualRuntime } from "../stage.ts";
import type { ActingHook, Action, Command, Saying } from "./schedule-actions.ts";

/** Which side is ours, and how it takes its messages: by hooks or by a loop, at once or in its own time. */
export const APPLICATIONS = ["server hooks", "server loop", "client hooks", "client loop"] as const;
export type Application = (typeof APPLICATIONS)[number] | "server without a taker";

/** How a play is set up. */
export interface Setting {
  readonly application: Application;
  /** Every message is answered in the application's own time. */
  readonly isSlow: boolean;
  /** Bytes that the network takes at once, before the schedule says more. */
  readonly room: number;
  /** `limits.undelivered`, bytes. */
  readonly undelivered: number;
}

/** `limits.unsent`, bytes. A quarter of it unsent is pressure. */
const UNSENT = 800_000;
/** An application that heeds the limit sends nothing more above this. The rest is for the parts of a stream. */
const MOST_UNSENT = 600_000;

/** A message that says which one it is. */
function message(number: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size + 4).fill(number);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

export function numberOf(bytes: Uint8Array): string {
  const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const isWhole = bytes.subarray(4).every((byte) => byte === (number & 0xff));
  return `${number} of ${bytes.length}${isWhole ? "" : ", damaged"}`;
}

export class Play {
  readonly sentByPeer: string[] = [];
  readonly gotByUs: string[] = [];
  /** The messages themselves: each belongs to the application from its delivery on. */
  readonly kept: Uint8Array[] = [];
  readonly sentByUs: string[] = [];
  readonly unfinished: (() => void)[] = [];
  readonly unyielded: (() => void)[] = [];
  readonly rtts: Promise<unknown>[] = [];
  readonly sends: Promise<unknown>[] = [];
  /** How often the application was told of the end. */
  ends = 0;
  peer!: Peer;
  socket!: Socket<undefined>;
  runtime!: VirtualRuntime;
  /** What the driver did against its rules. */
  readonly faults: string[] = [];
  /** What the application does inside the next calls of its hooks. */
  private readonly scheduled: Map<ActingHook, Command[]> = new Map();
  /** The hook that is on the stack. */
  private running: string | null = null;
  private isPaused = false;
  private streams = 0;
  /** Bytes of all messages so far, each with the shortest header. The transport takes at least so many with the last one. */
  private queuedBytes = 0;
  private takenBefore = 0;
  /** Promises that wait until the transport has taken something. */
  private readonly waiting: Set<{ readonly what: string }> = new Set();
  private server: Stage["server"] | null = null;
  private readonly isSlow: boolean;
  private readonly isHooked: boolean;

  private constructor({ application, isSlow }: Setting) {
    this.isSlow = isSlow;
    this.isHooked = application.endsWith("hooks");
  }

  static async begin(setting: Setting): Promise<Play> {
    const play = new Play(setting);
    const { application, undelivered } = setting;
    const limits = { undelivered, unsent: UNSENT };
    const message = (_: unknown, bytes: unknown): unknown => play.take(bytes);
    const hooks = {
      open: (socket: Socket<undefined>) => {
        play.socket = socket;
      },
      ...(application === "server without a taker" ? {} : { message }),
      ping: () => play.inHook("ping"),
      pong: () => play.inHook("pong"),
      drain: () => play.inHook("drain"),
      close: () => {
        play.requireNoHook("close");
        play.ends += 1;
      },
    };
    const connection = (socket: Socket<undefined>): Promise<void> => {
      play.socket = socket;
      return play.loop();
    };
    if (application.startsWith("server")) {
      const stage = new Stage({
        limits,
        ...(application === "server loop" ? { connection } : hooks),
      });
      play.peer = await stage.opened();
      play.runtime = stage.runtime;
      play.server = stage.server;
    } else {
      const isLoop = application === "client loop";
      const one = await connected({ limits, timeouts: QUIET }, isLoop ? {} : hooks);
      ({ socket: play.socket, peer: play.peer, runtime: play.runtime } = one);
      if (isLoop) void play.loop();
    }
    play.peer.transport.room = setting.room;
    play.takenBefore = play.peer.transport.takenBytes;
    return play;
  }

  // ---- the application

  private take(bytes: unknown): Promise<void> | undefined {
    this.gotByUs.push(numberOf(bytes as Uint8Array));
    this.kept.push(bytes as Uint8Array);
    if (this.isPaused && this.isHooked) this.faults.push("message was called while paused");
    if (this.isHooked) this.inHook("message");
    else this.actIn("message");
    if (!this.isSlow) return;
    return new Promise<void>((resolve) => this.unfinished.push(resolve));
  }

  private async loop(): Promise<void> {
    try {
      for await (const bytes of this.socket) await this.take(bytes);
    } catch {
      // The connection broke off; `closed` says how.
    }
    this.ends += 1;
  }

  /** A hook does what the schedule says, and returns. */
  private inHook(hook: ActingHook): void {
    const outer = this.running;
    // A write in a hook may go to the transport at once, and `drain` may follow from that.
    if (hook !== "drain") this.requireNoHook(hook);
    this.running = hook;
    this.actIn(hook);
    this.running = outer;
  }

  private actIn(hook: ActingHook): void {
    const command = this.scheduled.get(hook)?.shift();
    if (command !== undefined) this.command(command);
  }

  private requireNoHook(hook: string): void {
    if (this.running === null) return;
    this.faults.push(`${hook} was called while the hook ${this.running} ran`);
  }

  pause(): void {
    this.isPaused = true;
    this.socket.pause();
  }

  resume(): void {
    this.isPaused = false;
    this.socket.resume();
  }

  command(command: Command): void {
    const { socket } = this;
    switch (command.do) {
      case "pause":
        this.pause();
        return;
      case "resume":
        this.resume();
        return;
      case "we-send":
        if (socket.unsent + command.size <= MOST_UNSENT) this.send(command);
        return;
      case "we-stream":
        this.stream(command.sizes);
        return;
      case "we-ping":
        this.rtts.push(socket.ping());
    }
  }

  private send({ size, isAwaited }: { readonly size: number; readonly isAwaited: boolean }): void {
    const { socket } = this;
    const bytes = message(this.sentByUs.length, size);
    const wasEmpty = socket.unsent === 0;
    if (isAwaited) {
      if (socket.state !== "open") return;
      this.queued(bytes);
      this.awaitSent(socket.send(bytes), this.queuedBytes);
    } else {
      const result = socket.write(bytes);
      if (result === "closed") return;
      this.queued(bytes);
      if (result === "pressure" && wasEmpty && size < UNSENT / 8) {
        this.faults.push("write answered pressure, and nothing else was unsent");
      }
    }
    this.watch("ready", socket.ready());
  }

  private queued(bytes: Uint8Array): void {
    this.sentByUs.push(numberOf(bytes));
    this.queuedBytes += bytes.length + 2; // RFC 6455 §5.2: the shortest header
  }

  /** @param position at least so many bytes the transport has taken when the message is sent. */
  private awaitSent(sent: Promise<"sent" | "closed">, position: number): void {
    this.watch("send", sent);
    const judge = (result: "sent" | "closed"): void => {
      const taken = this.peer.transport.takenBytes - this.takenBefore;
      if (result === "closed" || taken >= position) return;
      this.faults.push(
        `send resolved when the transport had taken ${taken} bytes, and its message ends at ${position}`,
      );
    };
    sent.then(judge);
    this.sends.push(sent);
  }

  private watch(what: string, promise: Promise<unknown>): void {
    const one = { what };
    this.waiting.add(one);
    void promise.then(() => this.waiting.delete(one));
  }

  /** When the transport has taken everything, `ready` and `send` have nothing to wait for. */
  judgeWaiting(): void {
    if (this.waiting.size === 0 || this.socket.unsent > 0) return;
    for (const { what } of this.waiting) this.faults.push(`${what} waits, and nothing is unsent`);
  }

  private stream(sizes: readonly number[]): void {
    const size = sizes.reduce((sum, part) => sum + part, 0);
    const bytes = message(this.sentByUs.length, size);
    this.queued(bytes);
    const parts = [bytes.subarray(0, 4)];
    let at = 4;
    for (const part of sizes) {
      parts.push(bytes.subarray(at, at + part));
      at += part;
    }
    this.streams += 1;
    this.sends.push(this.socket.sendStream(this.slowly(parts)));
  }

  /** A source that yields when it is told to. */
  private async *slowly(parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
    for (const part of parts) {
      await new Promise<void>((resolve) => this.unyielded.push(resolve));
      yield part;
    }
  }

  // ---- the schedule

  /** Connections and timers that are left. */
  get remains(): number {
    return (this.server?.connections ?? 0) + this.runtime.timerCount;
  }

  act(action: Action): void {
    const { peer } = this;
    switch (action.do) {
      case "in-hook":
        this.schedule(action.hook, action.command);
        return;
      case "peer-says":
        this.peerSays(action.all);
        return;
      case "peer-says-at-once":
        for (const { saying, command } of action.all) {
          if (command !== null) this.schedule(saying === "ping" ? "ping" : "message", command);
        }
        this.peerSays(action.all.map(({ saying }) => saying));
        this.arrives(Number.POSITIVE_INFINITY);
        return;
      case "arrives":
        this.arrives(action.bytes);
        return;
      case "network-takes":
        if (peer.transport.room !== Number.POSITIVE_INFINITY) peer.transport.takes(action.bytes);
        return;
      case "peer-reads":
        peer.fromDriver();
        return;
      case "hook-finishes":
        this.unfinished.shift()?.();
        return;
      case "source-yields":
        this.unyielded.shift()?.();
        return;
      case "time-passes":
        return; // the caller lets it pass
      default:
        this.command(action);
    }
  }

  private schedule(hook: ActingHook, command: Command): void {
    const commands = this.scheduled.get(hook) ?? [];
    this.scheduled.set(hook, [...commands, command]);
  }

  private peerSays(all: readonly Saying[]): void {
    const { endpoint } = this.peer;
    for (const saying of all) {
      if (saying === "ping") {
        endpoint.ping(null, this.runtime.now());
        continue;
      }
      const bytes = message(this.sentByPeer.length, saying);
      if (endpoint.sendBinary(bytes) === "queued") this.sentByPeer.push(numberOf(bytes));
    }
  }

  private arrives(byteCount: number): void {
    const { peer } = this;
    peer.speak();
    // Bytes that are on their way when the driver pauses still come, in one read at most.
    if (!peer.transport.isPaused) peer.toDriverUpTo(byteCount);
  }

  private async closeFrom(close: "peer" | "us" | "both"): Promise<void> {
    const { peer, socket, runtime } = this;
    if (close !== "us") {
      peer.endpoint.close(1000, "", runtime.now());
      this.arrives(Number.POSITIVE_INFINITY);
      await settle();
    }
    if (close !== "peer") void socket.close(1000);
  }

  /** The application does nothing more by itself, and takes what comes. */
  calmDown(): void {
    this.scheduled.clear();
    this.resume();
  }

  /** Everything that was held back lets go. */
  async finish(close: "peer" | "us" | "both"): Promise<void> {
    const { peer, runtime } = this;
    this.scheduled.clear();
    // A Close may come, and ours may be queued, behind much that the network has not taken yet.
    const isEarly = this.streams === 0 && this.rtts.length === 0;
    if (isEarly) await this.closeFrom(close);
    peer.transport.takes(Number.POSITIVE_INFINITY);
    this.calmDown();
    for (let quiet = 0; quiet < 3; ) {
      const before = this.gotByUs.length + peer.events.length;
      await peer.pump();
      const waiting = [...this.unfinished.splice(0), ...this.unyielded.splice(0)];
      for (const go of waiting) go();
      await settle();
      if (waiting.length > 0) quiet = -1;
      quiet = this.gotByUs.length + peer.events.length === before ? quiet + 1 : 0;
    }
    this.judgeWaiting();
    if (!isEarly) await this.closeFrom(close);
    await peer.pump();
    for (let seconds = 0; seconds < 20; seconds += 1) {
      await runtime.advance(1_000);
      await peer.pump();
    }
    this.judgeWaiting();
  }
}
