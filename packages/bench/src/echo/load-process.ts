/**
 * The load generator: plain sockets that write frames encoded beforehand, and compare every byte that comes back with the
 * echo that is due there. Nothing is parsed. It runs on Bun, whose sockets cost a third of Node's: so the server is what is
 * busy, and not the generator.
 */
import { type BunTcpHandlers, type BunTcpSocket, bun } from "../bun-globals.ts";
import { answerCalls } from "../child-process.ts";
import { caseNamed, type EchoCase } from "./cases.ts";
import { ACCEPT, encodeBurst, encodeReply, REQUEST_HEAD } from "./wire.ts";

/** ms after which an echo that is not there will not come. */
const STALLED = 20_000;

/** Opened at once: fewer than any runtime's backlog. */
const WAVE = 100;

/** Not below the most that Bun reads at once, so that a chunk is compared in one piece. */
const COMPARED_AT_ONCE = 600_000;

export interface Traffic {
  readonly messages: number;
  /** ns, from the first write to the last echo. */
  readonly wall: number;
  /** Of this process, ns. */
  readonly cpu: number;
}

interface Connection {
  readonly socket: BunTcpSocket<Connection | null>;
  head: string;
  isOpen: boolean;
  /** We leave: what is told of the connection then is no failure. */
  isLeft: boolean;
  /** Bytes that are still to be written, and where in the burst they begin. */
  unwritten: number;
  writeAt: number;
  /** Bytes that are still to come. */
  awaited: number;
  /** Bytes of an echo that is not whole. */
  partial: number;
}

interface Load {
  readonly echoCase: EchoCase;
  /** The frames of a burst, twice: from anywhere in the first half, a whole burst lies there in one piece. */
  readonly bursts: Buffer;
  readonly burstBytes: number;
  readonly frameBytes: number;
  /** Echoes, one behind the other. */
  readonly replies: Buffer;
  readonly replyBytes: number;
  readonly connections: Connection[];
  /** Echoes that have come. */
  messages: number;
  /** The load goes on: a new message follows each echo. */
  isRunning: boolean;
  /** Connections that wait for something. */
  busy: number;
  settle: (error?: Error) => void;
}

let load: Load;

const handlers: BunTcpHandlers<Connection | null> = {
  open(socket) {
    socket.setNoDelay(true);
    const connection: Connection = {
      socket,
      head: "",
      isOpen: false,
      isLeft: false,
      unwritten: 0,
      writeAt: 0,
      awaited: 0,
      partial: 0,
    };
    socket.data = connection;
    load.connections.push(connection);
    socket.write(REQUEST_HEAD);
  },
  data({ data: connection }, chunk) {
    if (connection === null) throw new Error("bug: input before the opening");
    if (connection.isOpen) received(connection, chunk);
    else readHead(connection, chunk);
  },
  drain({ data: connection }) {
    if (connection !== null) write(connection);
  },
  close({ data: connection }) {
    if (connection?.isLeft) return;
    load.settle(new Error("the server has closed a connection"));
  },
  error({ data: connection }, error) {
    if (connection?.isLeft) return;
    load.settle(error);
  },
  connectError(_socket, error) {
    load.settle(error);
  },
};

function readHead(connection: Connection, chunk: Buffer): void {
  connection.head += chunk.toString("latin1");
  const { head } = connection;
  if (!head.includes("\r\n\r\n")) return;
  if (!head.startsWith("HTTP/1.1 101 ") || !head.includes(ACCEPT) || !head.endsWith("\r\n\r\n")) {
    load.settle(new Error(`not an opening handshake: ${JSON.stringify(head)}`));
    return;
  }
  connection.head = "";
  connection.isOpen = true;
  oneLess();
}

/** Writes what the socket takes; `drain` goes on with the rest. */
function write(connection: Connection): void {
  const { socket } = connection;
  while (connection.unwritten > 0) {
    const written = socket.write(load.bursts, connection.writeAt, connection.unwritten);
    if (written < 0) return; // `close` tells why
    const isAll = written === connection.unwritten;
    connection.unwritten -= written;
    connection.writeAt = (connection.writeAt + written) % load.burstBytes;
    if (!isAll) return;
  }
}

/** Sends so many messages. Their echoes come to the same connection, and in a broadcast to all others too. */
function send(connection: Connection, messages: number): void {
  if (load.echoCase.exchange !== "broadcast") connection.awaited += messages * load.replyBytes;
  connection.unwritten += messages * load.frameBytes;
  write(connection);
}

function received(connection: Connection, chunk: Buffer): void {
  const { replies, replyBytes } = load;
  let at = 0;
  while (at < chunk.length) {
    const byteCount = Math.min(chunk.length - at, replies.length - connection.partial);
    const isEcho =
      replies.compare(
        chunk,
        at,
        at + byteCount,
        connection.partial,
        connection.partial + byteCount,
      ) === 0;
    if (!isEcho) load.settle(new Error("what comes back is not the echo"));
    at += byteCount;
    const whole = connection.partial + byteCount;
    connection.partial = whole % replyBytes;
    const echoes = (whole - connection.partial) / replyBytes;
    load.messages += echoes;
    connection.awaited -= byteCount;
    if (load.isRunning && echoes > 0 && load.echoCase.exchange === "each") {
      send(connection, echoes);
    }
  }
  if (connection.awaited > 0) return;
  if (connection.awaited < 0) {
    load.settle(new Error(`${-connection.awaited} bytes more than the echoes`));
    return;
  }
  if (load.isRunning && load.echoCase.exchange === "bursts") {
    send(connection, load.echoCase.inFlight);
    return;
  }
  oneLess();
}

function oneLess(): void {
  load.busy -= 1;
  if (load.busy > 0) return;
  if (load.isRunning && load.echoCase.exchange === "broadcast") broadcast();
  else load.settle();
}

/** The first connection's message is due on all of them. */
function broadcast(): void {
  load.busy = load.connections.length;
  for (const connection of load.connections) connection.awaited = load.replyBytes;
  send(load.connections[0]!, 1);
}

/** Lets `begin` make so many connections busy, and waits until none is. */
async function untilIdle(busy: number, most: number, begin: () => void): Promise<void> {
  const stalled = setTimeout(
    () => load.settle(new Error(`${load.busy} connections get no answer`)),
    most,
  );
  await new Promise<void>((resolve, reject) => {
    load.settle = (error) => (error === undefined ? resolve() : reject(error));
    load.busy = busy;
    begin();
  }).finally(() => clearTimeout(stalled));
}

function begin(): void {
  const { echoCase, connections } = load;
  if (echoCase.exchange === "broadcast") broadcast();
  else for (const connection of connections) send(connection, echoCase.inFlight);
}

async function exchange(duration: number, patience: number): Promise<void> {
  const busy = load.connections.length;
  await untilIdle(busy, duration + patience, () => {
    load.isRunning = duration > 0;
    begin();
    setTimeout(() => {
      load.isRunning = false;
    }, duration);
  });
}

async function openConnections(port: number, count: number): Promise<void> {
  for (let opened = 0; opened < count; opened += WAVE) {
    const wave = Math.min(WAVE, count - opened);
    await untilIdle(wave, STALLED, () => {
      for (let index = 0; index < wave; index += 1) {
        const options = { hostname: "127.0.0.1", port, data: null, socket: handlers };
        bun()
          .connect<Connection | null>(options)
          .catch((error) => load.settle(error));
      }
    });
  }
}

function closeAll(): void {
  for (const connection of load.connections) {
    connection.isLeft = true;
    connection.socket.terminate();
  }
  load.connections.length = 0;
}

const calls = {
  /** Encodes what is to be sent. */
  prepare(caseName: string): void {
    const echoCase = caseNamed(caseName);
    const burst = encodeBurst(echoCase);
    const reply = encodeReply(echoCase);
    const copies = Math.ceil((reply.length + COMPARED_AT_ONCE) / reply.length);
    load = {
      echoCase,
      bursts: Buffer.concat([burst, burst]),
      burstBytes: burst.length,
      frameBytes: burst.length / echoCase.inFlight,
      replies: Buffer.concat(new Array<Buffer>(copies).fill(reply)),
      replyBytes: reply.length,
      connections: [],
      messages: 0,
      isRunning: false,
      busy: 0,
      settle: () => {},
    };
  },
  /** Opens so many connections more: as many as the case has, when no number is given. */
  async open(port: number, count: number | null): Promise<void> {
    await openConnections(port, count ?? load.echoCase.connections);
  },
  /**
   * Begins with nothing under way and ends so: what the server used meanwhile is these messages' and nothing else's.
   * @param patience ms after which an echo that is not there will not come
   */
  async exchange(duration: number, patience: number = STALLED): Promise<Traffic> {
    const { messages: before } = load;
    const cpu = process.cpuUsage();
    const start = process.hrtime.bigint();
    await exchange(duration, patience);
    const wall = Number(process.hrtime.bigint() - start);
    const { user, system } = process.cpuUsage(cpu);
    return { messages: load.messages - before, wall, cpu: (user + system) * 1_000 };
  },
  /** Opens and leaves so many connections, so many at a time. */
  async handshakes(port: number, count: number, atOnce: number): Promise<Traffic> {
    const cpu = process.cpuUsage();
    const start = process.hrtime.bigint();
    for (let opened = 0; opened < count; opened += atOnce) {
      await openConnections(port, atOnce);
      closeAll();
    }
    const wall = Number(process.hrtime.bigint() - start);
    const { user, system } = process.cpuUsage(cpu);
    return { messages: count, wall, cpu: (user + system) * 1_000 };
  },
  close(): void {
    closeAll();
  },
};

export type LoadCalls = typeof calls;

answerCalls(calls);
