/**
 * The load generator: plain sockets that write frames encoded beforehand and count what comes back, into one buffer for all
 * of them. Nothing is parsed. The first and the last burst of every connection are compared with the expected echoes octet
 * by octet; since each begins only when exactly so many octets have come as were due, a lost or surplus octet in between shifts the
 * last one.
 */
import { connect, type Socket } from "node:net";
import { caseNamed, type EchoCase } from "./cases.ts";
import { answerCalls } from "./child-process.ts";
import { ACCEPT, encodeBurst, encodeReplies, REQUEST_HEAD } from "./wire.ts";

const WARM_UP = 300;

/** ms after which an echo that is not there will not come. */
const STALLED = 10_000;

export interface Traffic {
  readonly messages: number;
  /** ns, from the first write to the last echo. */
  readonly wall: number;
  /** Of this process, ns. */
  readonly cpu: number;
}

interface Connection {
  readonly socket: Socket;
  isOpen: boolean;
  /** Octets that are still to come: of the burst, and before that unknown. */
  awaited: number;
  /** Octets of an echo that is not whole. */
  partial: number;
  /** What has come, while it is to be compared. */
  compared: Buffer[] | null;
}

interface Load {
  readonly echoCase: EchoCase;
  readonly burst: Buffer;
  readonly replies: Buffer;
  readonly replyOctets: number;
  readonly connections: Connection[];
  /** Echoes that have come. */
  messages: number;
  /** What was answered is followed by more. */
  isRunning: boolean;
  /** Connections that wait for something. */
  busy: number;
  settle: (error?: Error) => void;
}

const inbox = Buffer.alloc(131_072);

function openConnection(load: Load, port: number): void {
  const socket = connect({
    host: "127.0.0.1",
    port,
    noDelay: true,
    onread: {
      buffer: inbox,
      callback(octets) {
        if (connection.isOpen) received(load, connection, octets);
        else readHead(load, connection, octets);
        return true;
      },
    },
  });
  const connection: Connection = { socket, isOpen: false, awaited: 0, partial: 0, compared: [] };
  load.connections.push(connection);
  socket.write(REQUEST_HEAD);
  socket.on("error", (error) => load.settle(error));
  socket.on("close", () => load.settle(new Error("the server has closed a connection")));
}

function readHead(load: Load, connection: Connection, octets: number): void {
  connection.compared!.push(Buffer.from(inbox.subarray(0, octets)));
  const head = Buffer.concat(connection.compared!).toString("latin1");
  if (!head.includes("\r\n\r\n")) return;
  if (!head.startsWith("HTTP/1.1 101 ") || !head.includes(ACCEPT) || !head.endsWith("\r\n\r\n")) {
    load.settle(new Error(`not an opening handshake: ${JSON.stringify(head)}`));
    return;
  }
  connection.isOpen = true;
  oneLess(load);
}

function writeBurst(load: Load, connection: Connection): void {
  connection.awaited = load.replies.length;
  connection.socket.write(load.burst);
}

function received(load: Load, connection: Connection, octets: number): void {
  connection.awaited -= octets;
  if (connection.compared !== null) {
    connection.compared.push(Buffer.from(inbox.subarray(0, octets)));
  }
  connection.partial += octets;
  const echoes = Math.floor(connection.partial / load.replyOctets);
  connection.partial -= echoes * load.replyOctets;
  load.messages += echoes;
  if (load.isRunning && echoes > 0 && load.echoCase.refill === "each") {
    refill(load, connection, echoes);
    return;
  }
  if (connection.awaited > 0) return;
  if (connection.awaited < 0) {
    load.settle(new Error(`${-connection.awaited} octets more than the echoes`));
    return;
  }
  if (load.isRunning && load.echoCase.refill === "bursts") writeBurst(load, connection);
  else if (connection.awaited === 0) oneLess(load);
}

/** As many messages leave as echoes have come: so many are under way at any time. */
function refill(load: Load, connection: Connection, echoes: number): void {
  const { inFlight } = load.echoCase;
  connection.awaited += echoes * (load.replies.length / inFlight);
  connection.socket.write(load.burst.subarray(0, echoes * (load.burst.length / inFlight)));
}

function oneLess(load: Load): void {
  load.busy -= 1;
  if (load.busy === 0) load.settle();
}

/** Lets `begin` make every connection busy, and waits until none is. */
async function untilIdle(load: Load, most: number, begin: () => void): Promise<void> {
  const stalled = setTimeout(
    () => load.settle(new Error(`${load.busy} connections get no answer`)),
    most,
  );
  await new Promise<void>((resolve, reject) => {
    load.settle = (error) => (error === undefined ? resolve() : reject(error));
    load.busy = load.echoCase.connections;
    begin();
  }).finally(() => clearTimeout(stalled));
}

/** One burst on every connection, compared in full. */
async function compareBurst(load: Load): Promise<void> {
  const { connections, replies } = load;
  await untilIdle(load, STALLED, () => {
    for (const connection of connections) {
      connection.compared = [];
      writeBurst(load, connection);
    }
  });
  for (const connection of connections) {
    if (!Buffer.concat(connection.compared!).equals(replies)) throw new Error("not the echo");
    connection.compared = null;
  }
}

async function exchange(load: Load, duration: number): Promise<void> {
  await untilIdle(load, duration + STALLED, () => {
    load.isRunning = true;
    for (const connection of load.connections) writeBurst(load, connection);
    setTimeout(() => {
      load.isRunning = false;
    }, duration);
  });
}

let current: Load;

const calls = {
  /** Opens the connections, compares a burst on each, and warms up. */
  async open(caseName: string, port: number): Promise<void> {
    const echoCase = caseNamed(caseName);
    const load: Load = {
      echoCase,
      burst: encodeBurst(echoCase),
      replies: encodeReplies(echoCase),
      replyOctets: encodeReplies(echoCase).length / echoCase.inFlight,
      connections: [],
      messages: 0,
      isRunning: false,
      busy: 0,
      settle: () => {},
    };
    current = load;
    await untilIdle(load, STALLED, () => {
      for (let index = 0; index < echoCase.connections; index += 1) openConnection(load, port);
    });
    await compareBurst(load);
    await exchange(load, WARM_UP);
  },
  /** Begins with nothing under way and ends so: what the server used meanwhile is these messages' and nothing else's. */
  async exchange(duration: number): Promise<Traffic> {
    const { messages: before } = current;
    const cpu = process.cpuUsage();
    const start = process.hrtime.bigint();
    await exchange(current, duration);
    const wall = Number(process.hrtime.bigint() - start);
    const { user, system } = process.cpuUsage(cpu);
    const messages = current.messages - before;
    return { messages, wall, cpu: (user + system) * 1000 };
  },
  /** Compares the last burst of each connection, and leaves. */
  async close(): Promise<void> {
    await compareBurst(current);
    current.settle = () => {};
    for (const { socket } of current.connections) socket.destroy();
  },
};

export type LoadCalls = typeof calls;

answerCalls(calls);
