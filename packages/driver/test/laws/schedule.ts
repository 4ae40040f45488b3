/**
 * The laws of any schedule: a network reads, takes, drains and ends in any order, and an application pauses, resumes and
 * takes its time. The same messages come out in the same order on both sides, and everything ends.
 */
import fc from "fast-check";
import type { Socket } from "../../src/index.ts";
import { connected, type Peer, QUIET, Stage, settle, type VirtualRuntime } from "../stage.ts";
import { checked, type DriverLawOptions, requireSame, requireSettled } from "./driver-law.ts";

/** Which side is ours, and how it takes its messages: by hooks or by a loop, at once or in its own time. */
const APPLICATIONS = ["server hooks", "server loop", "client hooks", "client loop"] as const;

/** `limits.undelivered`, bytes: none, less than a header, and room for some messages. */
const ROOMS = [0, 10, 20_000] as const;
type Application = (typeof APPLICATIONS)[number] | "server without a taker";

type Action =
  | { readonly do: "peer-sends"; readonly size: number }
  | { readonly do: "peer-pings" }
  | { readonly do: "arrives"; readonly octets: number }
  | { readonly do: "network-takes"; readonly octets: number }
  | { readonly do: "peer-reads" }
  | { readonly do: "pause" }
  | { readonly do: "pause-at-the-next-message" }
  | { readonly do: "resume-at-the-next-ping" }
  | { readonly do: "resume" }
  | { readonly do: "hook-finishes" }
  | { readonly do: "we-send"; readonly size: number }
  | { readonly do: "we-stream"; readonly sizes: number[] }
  | { readonly do: "source-yields" }
  | { readonly do: "we-ping" }
  | { readonly do: "time-passes"; readonly ms: number };

const sizes = fc.oneof(
  { weight: 5, arbitrary: fc.nat(130) },
  { weight: 2, arbitrary: fc.nat(3_000) },
  { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 140_000 }) },
);

const actions: fc.Arbitrary<Action> = fc.oneof(
  sizes.map((size) => ({ do: "peer-sends", size }) as const),
  fc.constant({ do: "peer-pings" } as const),
  fc
    .oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 100, max: 200_000 }))
    .map((octets) => ({ do: "arrives", octets }) as const),
  fc
    .oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 100, max: 200_000 }))
    .map((octets) => ({ do: "network-takes", octets }) as const),
  fc.constant({ do: "peer-reads" } as const),
  fc.constant({ do: "pause" } as const),
  fc.constant({ do: "pause-at-the-next-message" } as const),
  fc.constant({ do: "resume-at-the-next-ping" } as const),
  fc.constant({ do: "resume" } as const),
  fc.constant({ do: "hook-finishes" } as const),
  sizes.map((size) => ({ do: "we-send", size }) as const),
  fc.array(sizes, { maxLength: 4 }).map((all) => ({ do: "we-stream", sizes: all }) as const),
  fc.constant({ do: "source-yields" } as const),
  fc.constant({ do: "we-ping" } as const),
  fc.integer({ min: 0, max: 3_000 }).map((ms) => ({ do: "time-passes", ms }) as const),
);

/** A message that says which one it is. */
function message(number: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size + 4).fill(number);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

function numberOf(bytes: Uint8Array): string {
  const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const isWhole = bytes.subarray(4).every((octet) => octet === (number & 0xff));
  return `${number} of ${bytes.length}${isWhole ? "" : ", damaged"}`;
}

class Play {
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
  pausesAtMessage = false;
  private resumesAtPing = false;
  private isPaused = false;
  /** Messages that a hook got although the application had paused. */
  untimely = 0;
  readonly readies: Promise<void>[] = [];
  private server: Stage["server"] | null = null;
  private readonly isSlow: boolean;
  private readonly isHooked: boolean;

  private constructor(isSlow: boolean, isHooked: boolean) {
    this.isSlow = isSlow;
    this.isHooked = isHooked;
  }

  static async begin(
    application: Application,
    isSlow: boolean,
    room: number,
    undelivered: number,
  ): Promise<Play> {
    const play = new Play(isSlow, application.endsWith("hooks"));
    const limits = { undelivered, unsent: 8_000_000 };
    const message = (_: unknown, bytes: unknown): unknown => play.take(bytes);
    const hooks = {
      open: (socket: Socket<undefined>) => {
        play.socket = socket;
      },
      ...(application === "server without a taker" ? {} : { message }),
      ping: () => {
        if (play.resumesAtPing) play.resume();
        play.resumesAtPing = false;
      },
      close: () => {
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
    play.peer.transport.room = room;
    return play;
  }

  private take(bytes: unknown): Promise<void> | undefined {
    this.gotByUs.push(numberOf(bytes as Uint8Array));
    this.kept.push(bytes as Uint8Array);
    if (this.isPaused && this.isHooked) this.untimely += 1;
    if (this.pausesAtMessage) this.pause();
    this.pausesAtMessage = false;
    if (!this.isSlow) return;
    return new Promise<void>((resolve) => this.unfinished.push(resolve));
  }

  pause(): void {
    this.isPaused = true;
    this.socket.pause();
  }

  resume(): void {
    this.isPaused = false;
    this.socket.resume();
  }

  private async loop(): Promise<void> {
    try {
      for await (const bytes of this.socket) await this.take(bytes);
    } catch {
      // The connection broke off; `closed` says how.
    }
    this.ends += 1;
  }

  /** Connections and timers that are left. */
  get remains(): number {
    return (this.server?.connections ?? 0) + this.runtime.timerCount;
  }

  act(action: Action): void {
    const { peer, socket, runtime } = this;
    switch (action.do) {
      case "peer-sends": {
        const bytes = message(this.sentByPeer.length, action.size);
        if (peer.endpoint.sendBinary(bytes) === "queued") this.sentByPeer.push(numberOf(bytes));
        return;
      }
      case "peer-pings":
        peer.endpoint.ping(null, runtime.now());
        return;
      case "arrives":
        peer.speak();
        // Bytes that are on their way when the driver pauses still come, in one read at most.
        if (!peer.transport.isPaused) peer.toDriverUpTo(action.octets);
        return;
      case "network-takes":
        if (peer.transport.room !== Number.POSITIVE_INFINITY) peer.transport.takes(action.octets);
        return;
      case "peer-reads":
        peer.fromDriver();
        return;
      case "pause":
        this.pause();
        return;
      case "pause-at-the-next-message":
        this.pausesAtMessage = true;
        return;
      case "resume-at-the-next-ping":
        this.resumesAtPing = true;
        return;
      case "resume":
        this.resume();
        return;
      case "hook-finishes":
        this.unfinished.shift()?.();
        return;
      case "we-send": {
        const bytes = message(this.sentByUs.length, action.size);
        if (socket.write(bytes) !== "closed") this.sentByUs.push(numberOf(bytes));
        this.readies.push(socket.ready());
        return;
      }
      case "we-stream": {
        const size = action.sizes.reduce((sum, part) => sum + part, 0);
        const bytes = message(this.sentByUs.length, size);
        this.sentByUs.push(numberOf(bytes));
        const parts = [bytes.subarray(0, 4)];
        let at = 4;
        for (const part of action.sizes) {
          parts.push(bytes.subarray(at, at + part));
          at += part;
        }
        this.sends.push(socket.sendStream(this.slowly(parts)));
        return;
      }
      case "source-yields":
        this.unyielded.shift()?.();
        return;
      case "we-ping":
        this.rtts.push(socket.ping());
    }
  }

  /** A source that yields when it is told to. */
  private async *slowly(parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
    for (const part of parts) {
      await new Promise<void>((resolve) => this.unyielded.push(resolve));
      yield part;
    }
  }

  private async closeFrom(close: "peer" | "us" | "both"): Promise<void> {
    const { peer, socket, runtime } = this;
    if (close !== "us") {
      peer.endpoint.close(1000, "", runtime.now());
      peer.speak();
      if (!peer.transport.isPaused) peer.toDriverUpTo(Number.POSITIVE_INFINITY);
      await settle();
    }
    if (close !== "peer") void socket.close(1000);
  }

  /** Everything that was held back lets go. */
  async finish(close: "peer" | "us" | "both"): Promise<void> {
    const { peer, runtime } = this;
    // A Close may come, and ours may be queued, behind much that the network has not taken yet.
    const isEarly = this.sends.length === 0 && this.rtts.length === 0;
    if (isEarly) await this.closeFrom(close);
    peer.transport.takes(Number.POSITIVE_INFINITY);
    this.pausesAtMessage = false;
    this.resume();
    for (let quiet = 0; quiet < 3; ) {
      const before = this.gotByUs.length + peer.events.length;
      await peer.pump();
      const waiting = [...this.unfinished.splice(0), ...this.unyielded.splice(0)];
      for (const go of waiting) go();
      await settle();
      if (waiting.length > 0) quiet = -1;
      quiet = this.gotByUs.length + peer.events.length === before ? quiet + 1 : 0;
    }
    if (!isEarly) {
      await requireSettled("ready, although nothing is unsent", this.readies);
      await this.closeFrom(close);
    }
    await peer.pump();
    for (let seconds = 0; seconds < 20; seconds += 1) {
      await runtime.advance(1_000);
      await peer.pump();
    }
  }
}

/** @throws Error when the application and the driver do not both see one end. */
async function requireOneEnd(play: Play): Promise<void> {
  requireSame("how often the application was told of the end", play.ends, 1);
  requireSame("messages that came although the application had paused", play.untimely, 0);
  requireSame("messages that the application keeps", play.kept.map(numberOf), play.gotByUs);
  await requireSettled("pings and sends of an ended connection", [...play.rtts, ...play.sends]);
  requireSame("connections and timers that are left", play.remains, 0);
}

async function perform(play: Play, script: readonly Action[]): Promise<void> {
  for (const action of script) {
    play.act(action);
    if (action.do === "time-passes") await play.runtime.advance(action.ms);
    else await settle();
  }
}

function arrivedAtPeer(play: Play): string[] {
  return play.peer.messages.map((bytes) => numberOf(bytes as Uint8Array));
}

/** Whatever the schedule, the same messages come out in the same order on both sides, and the connection ends cleanly. */
export async function scheduleLaw(options: DriverLawOptions = {}): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.array(actions, { minLength: 1, maxLength: 60 }),
      fc.constantFrom(...APPLICATIONS),
      fc.boolean(),
      fc.constantFrom("peer" as const, "us" as const, "both" as const),
      fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300_000 })),
      fc.constantFrom(...ROOMS),
      async (script, application, isSlow, close, room, undelivered) => {
        const play = await Play.begin(application, isSlow, room, undelivered);
        await perform(play, script);
        await play.finish(close);
        requireSame("messages that we got", play.gotByUs, play.sentByPeer);
        requireSame("messages that the peer got", arrivedAtPeer(play), play.sentByUs);
        await requireOneEnd(play);
        const [info] = await requireSettled("closed", [play.socket.closed]);
        requireSame("wasClean", info!.wasClean, true);
        requireSame("the end of our stream was sent", play.peer.transport.isWriteEnded, true);
        const results = await Promise.all([...play.rtts, ...play.sends]);
        requireSame("lost pings and sends", results.filter((one) => one === "closed").length, 0);
      },
    ),
    checked(options, 600),
  );
}

/** A connection that breaks off anywhere delivers a prefix on each side, and ends. */
export async function brokenScheduleLaw(options: DriverLawOptions = {}): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.array(actions, { minLength: 1, maxLength: 40 }),
      fc.constantFrom(...APPLICATIONS, "server without a taker" as const),
      fc.boolean(),
      fc.constantFrom("reset", "end", "abort"),
      fc.integer({ min: 0, max: 300_000 }),
      fc.boolean(),
      fc.constantFrom(...ROOMS),
      async (script, application, isSlow, how, room, isForgotten, undelivered) => {
        const play = await Play.begin(application, isSlow, room, undelivered);
        await perform(play, script);
        if (how === "reset") play.peer.transport.breaks("ECONNRESET");
        else if (how === "end") play.peer.transport.ends();
        else play.socket.abort();
        await settle();
        if (how === "reset" && application === "server without a taker") {
          requireSame("ends that an application without a taker hears of at once", play.ends, 1);
        }
        // An application that is stuck hears of the end all the same, from the hook.
        if (isForgotten && !application.endsWith("loop")) {
          for (let seconds = 0; seconds < 20; seconds += 1) await play.runtime.advance(1_000);
          requireSame("ends that a stuck application hears of", play.ends, 1);
        }
        play.pausesAtMessage = false;
        play.resume();
        for (let seconds = 0; seconds < 20; seconds += 1) {
          await play.runtime.advance(1_000);
          for (const finish of play.unfinished.splice(0)) finish();
          for (const go of play.unyielded.splice(0)) go();
        }
        for (let left = 0; left < 200; left += 1) {
          await settle();
          for (const finish of play.unfinished.splice(0)) finish();
        }
        play.peer.fromDriver();
        const { gotByUs, sentByPeer, sentByUs } = play;
        requireSame("a prefix for us", gotByUs, sentByPeer.slice(0, gotByUs.length));
        const arrived = arrivedAtPeer(play);
        requireSame("a prefix for the peer", arrived, sentByUs.slice(0, arrived.length));
        await requireOneEnd(play);
      },
    ),
    checked(options, 600),
  );
}
