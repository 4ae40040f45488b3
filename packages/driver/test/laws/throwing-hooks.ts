/**
 * The law of hooks that throw: whatever a hook throws, at whatever call, its connection ends and nothing else does. Every
 * other connection of the thread goes on, nothing escapes to the transport that called, and each socket that was opened is
 * closed once.
 */
import fc from "fast-check";
import { ODD_VALUES, WAYS_TO_FAIL } from "../../../testing/src/driver-laws/odd-values.ts";
import type {
  ConnectionError,
  Runtime,
  ServerError,
  Socket,
  SocketHooks,
  UpgradeRequest,
} from "../../src/index.ts";
import { connected, type Peer, ScriptedTransport, Stage, settle } from "../stage.ts";
import { checked, type DriverLawOptions, requireSame } from "./driver-law.ts";

export const THROWERS = [
  "upgrade",
  "request",
  "open",
  "message",
  "drain",
  "ping",
  "pong",
  "close",
  "error",
  "trace",
  "loop",
  "source",
] as const;
export type Thrower = (typeof THROWERS)[number];

/** What happens on the connection whose hook throws. */
export const EVENTS = [
  "text",
  "bytes",
  "ping",
  "pong",
  "burst",
  "stream",
  "much",
  "takes",
  "close",
  "leaves",
] as const;
export type Event = (typeof EVENTS)[number];

export interface Play {
  readonly role: "server" | "client";
  readonly thrower: Thrower;
  /** Which call of it fails, from 0 on. */
  readonly call: number;
  readonly way: keyof typeof WAYS_TO_FAIL;
  readonly value: keyof typeof ODD_VALUES;
  /** Bytes are read into the inbox that all connections of the thread share. */
  readonly isInbox: boolean;
  readonly script: readonly Event[];
}

/** What was wrong with what a play led to; empty when the law holds. */
export type Faults = string[];

/** @throws whatever escapes into the transport. */
export async function playThrowingHook(play: Play): Promise<Faults> {
  const application = new Application(play);
  const victim = play.role === "server" ? await application.serve() : await application.connect();
  const other = await bystander(play);
  for (const event of play.script) {
    if (victim !== null) happen(event, victim, application);
    await settle();
    victim?.fromDriver();
  }
  if (victim !== null) {
    victim.transport.takes(Number.POSITIVE_INFINITY);
    await victim.pump();
    victim.endpoint.abort(application.runtime.now());
    victim.transport.breaks("ECONNRESET");
  }
  await application.runtime.advance(20_000);
  const faults: Faults = [];
  for (const [socket, ends] of application.ends) {
    if (ends !== 1) faults.push(`close came ${ends} times (${socket.state})`);
  }
  if (application.connections > 0) faults.push("a connection is left");
  const isToldOf = application.hasFailed && !isNobodysBusiness(play);
  if (isToldOf && application.errors.length === 0) faults.push("error heard of nothing");
  other.endpoint.sendText("still here");
  await other.pump();
  if (other.messages.at(-1) !== "still here") faults.push("another connection is deaf");
  return faults;
}

/** A loop of a client is its application's, `error` has nobody behind it, and `await` looks at `then` once. */
function isNobodysBusiness({ role, thrower, way }: Play): boolean {
  if (thrower === "error" || (thrower === "loop" && role === "client")) return true;
  return way === "returns an object whose getter of then throws the second time";
}

/** A connection of another server of the thread, which echoes. */
async function bystander({ isInbox }: Play): Promise<Peer> {
  const stage = new Stage({ message: (socket, message) => socket.write(message) });
  const peer = await stage.opened();
  peer.transport.isInbox = isInbox;
  return peer;
}

function happen(event: Event, peer: Peer, application: Application): void {
  const { endpoint, transport } = peer;
  const now = application.runtime.now();
  if (transport.isClosed) return;
  if (endpoint.state === "open") {
    if (event === "text") endpoint.sendText("text");
    else if (event === "bytes") endpoint.sendBinary(Uint8Array.of(1, 2, 3));
    else if (event === "ping") endpoint.ping(Uint8Array.of(4), now);
    else if (event === "pong") endpoint.pong(Uint8Array.of(5));
    else if (event === "close") endpoint.close(1000, "", now);
    else if (event === "burst") {
      for (const text of ["one", "two", "three"]) endpoint.sendText(text);
      endpoint.ping(null, now);
    }
  }
  if (event === "stream") void application.socket?.sendStream(application.source());
  else if (event === "much") application.sendMuch(transport);
  else if (event === "takes") transport.takes(Number.POSITIVE_INFINITY);
  else if (event === "leaves") transport.breaks("ECONNRESET");
  peer.speak();
  peer.toDriverUpTo(60_000);
}

/** The application whose hook throws. */
class Application {
  runtime: Runtime & { advance(ms: number): Promise<void> } = null as never;
  socket: Socket<undefined> | null = null;
  readonly errors: (ConnectionError | ServerError)[] = [];
  /** How often each socket was closed. */
  readonly ends: Map<Socket<undefined>, number> = new Map();
  hasFailed = false;
  private calls = 0;
  private readonly play: Play;
  private stage: Stage | null = null;

  constructor(play: Play) {
    this.play = play;
  }

  get connections(): number {
    return this.stage?.server.connections ?? 0;
  }

  /** Fails when it is the call that is to fail. */
  private at(thrower: Thrower): unknown {
    const { play } = this;
    if (play.thrower !== thrower) return undefined;
    this.calls += 1;
    if (this.calls !== play.call + 1) return undefined;
    this.hasFailed = true;
    return WAYS_TO_FAIL[play.way]!(ODD_VALUES[play.value]!());
  }

  private get hooks(): SocketHooks<undefined> {
    const { thrower } = this.play;
    const opens = (socket: Socket<undefined>): void => {
      this.socket = socket;
      this.ends.set(socket, 0);
    };
    const closes = (socket: Socket<undefined>): void => {
      this.ends.set(socket, this.ends.get(socket)! + 1);
    };
    return {
      open: (socket) => {
        opens(socket);
        return this.at("open");
      },
      message: (socket, message) => {
        socket.write(message);
        return this.at("message");
      },
      drain: () => this.at("drain"),
      ping: () => this.at("ping"),
      pong: () => this.at("pong"),
      close: (socket) => {
        closes(socket);
        return this.at("close");
      },
      error: (_, error) => {
        this.errors.push(error);
        return this.at("error");
      },
      ...(thrower === "trace" ? { trace: () => this.at("trace") as undefined } : {}),
    };
  }

  async serve(): Promise<Peer | null> {
    const { thrower, isInbox } = this.play;
    const { hooks } = this;
    const connection = (socket: Socket<undefined>): Promise<void> => this.loop(socket);
    const upgrade = (request: UpgradeRequest<undefined>): unknown => {
      const result = this.at("upgrade");
      request.accept();
      return result;
    };
    const stage = new Stage({
      limits: { unsent: 64_000 },
      ...(thrower === "loop" ? { connection, error: hooks.error! } : hooks),
      ...(thrower === "upgrade" ? { upgrade: upgrade as () => boolean } : {}),
      request: () => (this.at("request") ?? {}) as object,
    });
    this.stage = stage;
    this.runtime = stage.runtime;
    if (thrower === "request") {
      stage.server.accept((handler) => {
        const transport = new ScriptedTransport(handler);
        queueMicrotask(() => transport.arrives(REQUEST));
        queueMicrotask(() => transport.ends());
        return transport;
      });
      await settle();
      return null;
    }
    const peer = stage.client();
    peer.transport.isInbox = isInbox;
    await peer.pump();
    return peer;
  }

  async connect(): Promise<Peer> {
    const { thrower } = this.play;
    const { trace, ...hooks } = this.hooks;
    const { socket, peer, runtime } = await connected(
      { limits: { unsent: 64_000 }, ...(trace === undefined ? {} : { trace }) },
      thrower === "loop" ? { error: hooks.error! } : hooks,
    );
    this.runtime = runtime;
    peer.transport.isInbox = this.play.isInbox;
    if (thrower === "loop") void this.loop(socket).catch(() => {});
    return peer;
  }

  private async loop(socket: Socket<undefined>): Promise<void> {
    this.socket = socket;
    this.ends.set(socket, 0);
    void socket.closed.then(() => this.ends.set(socket, this.ends.get(socket)! + 1));
    for await (const message of socket) {
      socket.write(message);
      await this.at("loop");
    }
  }

  *source(): Generator<string> {
    yield "a part";
    for (let part = 0; part < 3; part += 1) yield (this.at("source") ?? "more") as string;
  }

  /** More than the peer can make use of, and the network takes none of it. */
  sendMuch(transport: ScriptedTransport): void {
    transport.room = 0;
    this.socket?.write(new Uint8Array(20_000));
  }
}

const REQUEST = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: site.example\r\n\r\n");

/**
 * At any call, at any moment, in any way: a hook that throws ends its own connection and no other. The law prints the errors
 * that no `error` hook takes, so a caller may want to silence `console.error`.
 */
export async function throwingHooksLaw(options: DriverLawOptions = {}): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        role: fc.constantFrom("server" as const, "client" as const),
        thrower: fc.constantFrom(...THROWERS),
        call: fc.nat(4),
        way: fc.constantFrom(...Object.keys(WAYS_TO_FAIL)),
        value: fc.constantFrom(...Object.keys(ODD_VALUES)),
        isInbox: fc.boolean(),
        script: fc.array(fc.constantFrom(...EVENTS), { minLength: 1, maxLength: 12 }),
      }),
      async (play) => {
        requireSame("faults", await playThrowingHook(play), []);
      },
    ),
    checked(options, 500),
  );
}
