/**
 * The law of applications: whatever an application does at whatever moment, and however transports keep, tear and delay what
 * they are lent, every promise of the driver settles, `close` comes exactly once and last, every other connection goes on, no
 * memory is shared, and nothing is kept after the end.
 */
import {
  connectWith,
  type Platform,
  type Runtime,
  Server,
  type ServerOptions,
  type Socket,
} from "@sansocket/driver";
import { adopt, detach } from "@sansocket/driver/hand-off";
import fc from "fast-check";
import { laterTurn } from "../application/macrotask.ts";
import { openNetwork } from "../application/virtual-network.ts";
import type { VirtualRuntime } from "../application/virtual-runtime.ts";
import { SeededRandom } from "../simulation/seeded-random.ts";
import {
  type ApplicationHistory,
  applicationHistories,
  everyCommandInEveryHook,
} from "./application-history.ts";
import { ApplicationSide } from "./application-side.ts";

/** The driver, or something that is built over it and keeps its rules. */
export interface DriverUnderTest {
  /** As `new Server`. */
  server(options: ServerOptions<undefined>, platform: { readonly runtime: Runtime }): Server;
  /** As `connectWith`. */
  connect: typeof connectWith<undefined>;
}

/** How the law of applications is tried. */
export interface ApplicationLawOptions {
  /** How many random histories are played, behind one for each command in each hook. Default 500. */
  readonly runs?: number;
  /** Replays a run; the message of a failure prints it. Default: a fresh one. */
  readonly seed?: number;
  /** The driver under test. Default: the driver of sansocket. */
  readonly driver?: DriverUnderTest;
  /**
   * Collects garbage, fully and at once. With it, the law holds weak references to all sockets, and at the end no more than
   * those of the last histories may be left. Default: the global `gc`, where there is one. Without any, the law counts connections and timers only.
   */
  readonly collectGarbage?: () => unknown;
}

const SANSOCKET: DriverUnderTest = {
  server: (options, platform) => new Server(options, platform),
  connect: connectWith,
};

const URL_OF = { victim: "ws://server.test/victim", bystander: "ws://server.test/bystander" };
/** Small, so that a history comes to the limits. */
const LIMITS = { unsent: 400_000, undelivered: 30_000 };
/** ms. A healthy connection needs less for an echo. */
const MOMENT = 1_000;
/** Bytes under way at once, so that the largest message is over before a timeout looks for progress. */
const ROOMY = 65_536;
/** ms. Longer than all timeouts of a connection, one after the other. */
const LONG = 600_000;

/** Two applications that misbehave, and a third on the same server that must not notice. */
class World {
  readonly faults: string[] = [];
  readonly server: ApplicationSide;
  readonly client: ApplicationSide;
  readonly bystander: { heard: unknown[]; said: number; socket: Socket<undefined> | null } = {
    heard: [],
    said: 0,
    socket: null,
  };
  readonly runtime: VirtualRuntime;
  private readonly history: ApplicationHistory;
  private readonly driver: DriverUnderTest;
  private readonly host: Server;
  /** The server to which the server's side of the connection moves. */
  private readonly successor: Server;
  private readonly platform: Platform;
  /** The server was told to shut down: the bystander may be closed too. */
  private isShutDown = false;

  constructor(history: ApplicationHistory, driver: DriverUnderTest) {
    this.history = history;
    this.driver = driver;
    const { seed, toServer, toClient } = history.network;
    const manners = {
      random: new SeededRandom(seed),
      onFault: (fault: string) => void this.faults.push(fault),
    };
    const options = { seed, toServer, toClient };
    const { runtime, platform, attach } = openNetwork(options, manners, isVictim);
    this.runtime = runtime;
    this.platform = platform;
    const shutdown = (): Promise<unknown> => this.shutDown();
    this.server = new ApplicationSide("server", history.misdeeds, runtime, shutdown, (socket) =>
      this.handOff(socket),
    );
    // A server takes over its own side only.
    const stays = (): Promise<unknown> => Promise.resolve();
    this.client = new ApplicationSide("client", history.misdeeds, runtime, shutdown, stays);
    this.host = driver.server(this.serverOptions(), { runtime });
    this.successor = driver.server(this.serverOptions(), { runtime });
    attach(this.host, 80);
  }

  private serverOptions(): ServerOptions<undefined> {
    const isLoop = this.history.loops.includes("server");
    const { server } = this;
    const shared = {
      limits: LIMITS,
      upgrade: (request: { url: URL; accept(): boolean }) => {
        const result = isBystander(request) ? undefined : server.at("upgrade");
        request.accept();
        return result as boolean;
      },
    };
    if (isLoop) {
      const connection = async (socket: Socket<undefined>): Promise<void> => {
        if (!isBystander(socket.request!)) return await server.loop(socket);
        for await (const message of socket) socket.write(message);
      };
      return { ...shared, ...forVictim(server.hooksBesideLoop), connection };
    }
    return { ...shared, ...forVictim(server.hooks), lend: this.history.isLent };
  }

  private shutDown(): Promise<unknown> {
    this.isShutDown = true;
    return this.server.promise("shutdown", this.host.shutdown({ grace: 2_000 }));
  }

  private async handOff(socket: Socket<undefined>): Promise<void> {
    const moved = await detach(socket);
    this.server.isMoving = true;
    const adopted = adopt(this.successor, moved, moved.open);
    if (adopted === null) this.faults.push("the other server did not take the connection");
  }

  async begin(): Promise<void> {
    const { client, bystander, driver, platform, history } = this;
    const isLoop = history.loops.includes("client");
    const options = { limits: LIMITS };
    const hear = { message: (_: unknown, message: unknown) => void bystander.heard.push(message) };
    bystander.socket = await driver
      .connect(platform, URL_OF.bystander, options, hear)
      .catch((error: unknown) => {
        this.faults.push(`another connection cannot be made: ${String(error)}`);
        return null;
      });
    const hooks = isLoop ? client.hooksBesideLoop : client.hooks;
    const { abortAt } = history;
    const controller = new AbortController();
    if (abortAt !== null) this.runtime.setTimer(() => controller.abort(), abortAt);
    const { signal } = controller;
    const connecting = driver.connect(platform, URL_OF.victim, { ...options, signal }, hooks);
    void client.promise("connect", connecting, true);
    connecting.then(
      (socket) => {
        client.opened(socket);
        if (isLoop) void client.loop(socket).catch(() => {});
      },
      () => {},
    );
    await this.runtime.advance(200);
  }

  async act(): Promise<void> {
    for (const { wait, side, command } of this.history.acts) {
      if (wait !== null) await this.runtime.advance(wait);
      void this[side].command(command);
      this.say();
    }
  }

  private say(): void {
    const { bystander } = this;
    const { socket, said } = bystander;
    if (socket !== null && socket.write(`${said}`) !== "closed") bystander.said += 1;
  }

  /** Whether the other connection has gone on. */
  async askBystander(): Promise<void> {
    this.say();
    await this.runtime.advance(MOMENT);
    if (this.isShutDown) return;
    const { heard, said } = this.bystander;
    const isRight = heard.every((message, index) => message === String(index));
    if (isRight && heard.length === said) return;
    this.faults.push(
      `another connection said ${said} messages, and heard ${JSON.stringify(heard)}`,
    );
  }

  async end(): Promise<void> {
    const { client, server, bystander } = this;
    for (const side of [client, server]) void side.command("resume");
    void client.command("close");
    await this.runtime.advance(LONG);
    void this.shutDown();
    this.server.promise("shutdown of the other server", this.successor.shutdown());
    if (bystander.socket !== null) client.promise("closed of another", bystander.socket.closed);
    await this.runtime.advance(LONG);
    for (const side of [client, server]) {
      this.faults.push(...side.faults);
      if (side.hasFailed && side.errors === 0) {
        this.faults.push(`a hook failed, and error of the ${side.side} heard of nothing`);
      }
    }
    for (const { what, state } of [...client.promised, ...server.promised]) {
      if (state !== "settled")
        this.faults.push(`${what} ${state === "waits" ? "never settles" : "rejects"}`);
    }
    this.judgeCloses();
    await this.judgeWholeness(client, server);
    await this.judgeWholeness(server, client);
    this.judgeMessages(client, server);
    this.judgeMessages(server, client);
    const connections = this.host.connections + this.successor.connections;
    if (connections > 0) this.faults.push(`${connections} connections are left`);
    if (this.runtime.timerCount > 0) this.faults.push(`${this.runtime.timerCount} timers are left`);
  }

  private judgeCloses(): void {
    for (const { side, socket, closes } of [this.client, this.server]) {
      const wanted = socket === null || this.history.loops.includes(side) ? 0 : 1;
      if (closes !== wanted) this.faults.push(`close was called ${closes} times at the ${side}`);
    }
  }

  /** After a clean end, an application that takes everything has got everything. */
  private async judgeWholeness(sender: ApplicationSide, receiver: ApplicationSide): Promise<void> {
    const { acts, loops, network } = this.history;
    const isTaken = receiver.takesEverything && !loops.includes(receiver.side);
    const isRoomy = network.toServer.buffer >= ROOMY && network.toClient.buffer >= ROOMY;
    const isLeft = acts.some(({ command }) => command === "pause" || command === "shutdown");
    if (!isTaken || !isRoomy || isLeft || receiver.socket === null) return;
    // A side that gave up, for want of progress or for a fault of its own, has thrown away what it had not sent or read.
    for (const side of [sender, receiver]) {
      const info = await side.socket?.closed;
      if (info?.wasClean !== true || info.error !== null) return;
    }
    const whole = sender.sent;
    // A message behind a message that never ends is never sent.
    if (whole.some((name) => name.startsWith("no "))) return;
    if (whole.length !== receiver.received.length) {
      this.faults.push(
        `a clean end, and the ${receiver.side} got ${receiver.received.length} of ${whole.length} messages`,
      );
    }
  }

  private judgeMessages(sender: ApplicationSide, receiver: ApplicationSide): void {
    const wrong = receiver.received.findIndex((message, index) => message !== sender.sent[index]);
    if (wrong === -1) return;
    this.faults.push(
      `message ${wrong} at the ${receiver.side} is "${receiver.received[wrong]}", and "${sender.sent[wrong]}" was sent`,
    );
  }

  /** All sockets, for those who ask whether they are kept. */
  get sockets(): object[] {
    return [this.client.socket, this.server.socket, this.bystander.socket].filter(
      (socket) => socket !== null,
    );
  }
}

/** The bystander connects first, and has a perfect network. */
function isVictim(client: number): boolean {
  return client > 0;
}

function isBystander({ url }: { readonly url: URL }): boolean {
  return url.pathname === "/bystander";
}

type AnyHook = (...given: unknown[]) => unknown;

/** On the bystander's connection, the server echoes and does nothing else. */
function forVictim<Hooks extends object>(hooks: Hooks): Hooks {
  const chosen: Record<string, unknown> = {};
  for (const [name, hook] of Object.entries(hooks as Record<string, AnyHook>)) {
    chosen[name] = (socket: Socket<undefined> | null, ...rest: unknown[]): unknown => {
      if (socket === null || !isBystander(socket.request!)) return hook(socket, ...rest);
      return name === "message" ? void socket.write(rest[0] as string) : undefined;
    };
  }
  return chosen as Hooks;
}

async function play(
  history: ApplicationHistory,
  driver: DriverUnderTest,
  onSocket: (socket: object) => void,
): Promise<string[]> {
  const world = new World(history, driver);
  await world.begin();
  await world.act();
  await world.askBystander();
  await world.end();
  for (const socket of world.sockets) onSocket(socket);
  return [...new Set(world.faults)];
}

/**
 * Plays a history, and judges it by the law of applications.
 * @returns what is against the law, in words. Empty when the driver keeps the law.
 */
export async function applicationFaults(
  history: ApplicationHistory,
  driver: DriverUnderTest = SANSOCKET,
): Promise<string[]> {
  return await play(history, driver, () => {});
}

/**
 * The law of applications: whatever an application does, every promise settles, `close` comes once and last, every other
 * connection goes on, no memory is shared, and nothing is kept. Rejects with the smallest history, and with the line that plays
 * it again. The errors of hooks are printed with `console.error` where no `error` hook takes them.
 */
export async function applicationLaw(options: ApplicationLawOptions = {}): Promise<void> {
  requireOptions(options);
  const { runs = 500, seed, driver = SANSOCKET } = options;
  const { collectGarbage = (globalThis as { gc?: () => unknown }).gc } = options;
  const sockets: WeakRef<object>[] = [];
  const examples = everyCommandInEveryHook().map((history): [ApplicationHistory] => [history]);
  await fc.assert(
    fc.asyncProperty(applicationHistories(), async (history) => {
      const faults = await play(history, driver, (socket) => sockets.push(new WeakRef(socket)));
      if (faults.length === 0) return;
      const line = `await applicationFaults(${JSON.stringify(history)})`;
      throw new Error(`${faults.join("; ")}\n  to play it again: ${line}`);
    }),
    {
      numRuns: examples.length + runs,
      examples,
      ...(seed === undefined ? {} : { seed }),
    },
  );
  if (collectGarbage !== undefined) await requireNoneLeft(sockets, collectGarbage);
}

const KNOWN: readonly string[] = ["runs", "seed", "driver", "collectGarbage"];

/** A misspelt option would pass for an absent one, and a law that is tried no times holds of every driver. */
function requireOptions(options: ApplicationLawOptions): void {
  const unknown = Object.keys(options).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`the law has no option ${unknown}; known are ${KNOWN.join(", ")}`);
  }
  const { runs = 1, seed = 0 } = options;
  if (!Number.isSafeInteger(runs) || runs < 1) {
    throw new RangeError(`runs is ${String(runs)}: give a whole number from 1 on`);
  }
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(`seed is ${String(seed)}: give a whole number`);
  }
}

/**
 * Sockets of three histories. The collector of JavaScriptCore takes old words on the stack for references, so that a few of the
 * last objects stay. What is kept by mistake is kept in each history.
 */
const MOST_LEFT = 9;
/** A weak reference holds its object until the end of the turn in which it was made or asked. */
const MOST_COLLECTIONS = 20;

async function requireNoneLeft(
  sockets: readonly WeakRef<object>[],
  collectGarbage: () => unknown,
): Promise<void> {
  let left = sockets.length;
  for (let count = 0; count < MOST_COLLECTIONS && left > MOST_LEFT; count += 1) {
    await laterTurn();
    await collectGarbage();
    left = sockets.filter((socket) => socket.deref() !== undefined).length;
  }
  if (left > MOST_LEFT)
    throw new Error(`${left} of ${sockets.length} sockets are kept after their end`);
}
