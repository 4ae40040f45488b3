/**
 * The load generator: raw sockets that write compressed frames which were encoded beforehand, and count whole messages that
 * come back. The first round on every connection is inflated and compared; later ones are only counted.
 */
import { connect, type Socket } from "node:net";
import { answerCalls } from "../child-process.ts";
import { caseNamed, messagesOf } from "./cases.ts";
import {
  encodePlainRound,
  encodeRound,
  REQUEST_HEAD,
  ReplyReader,
  ROUND_MESSAGES,
} from "./wire.ts";

const STALLED_MS = 60_000;
/** Messages of a connection that are under way at any time. */
const IN_FLIGHT = 8;

interface Connection {
  readonly socket: Socket;
  /** The round that fits what was agreed on. */
  frames: readonly Buffer[];
  reader: ReplyReader | null;
  head: string;
  /** Frames written, and messages that came back. */
  written: number;
  answered: number;
}

interface Load {
  readonly withTakeover: readonly Buffer[];
  readonly withoutTakeover: readonly Buffer[];
  readonly uncompressed: readonly Buffer[];
  /** The case is about a server that does not compress. */
  readonly isPlain: boolean;
  readonly connections: Connection[];
  answered: number;
  /** Frames of each connection that may be written before the generator stops. */
  mostWritten: number;
  isRunning: boolean;
  settle: (error?: Error) => void;
}

let load: Load;

function more(connection: Connection): void {
  const { frames } = connection;
  const due: Buffer[] = [];
  while (
    load.isRunning &&
    connection.written < load.mostWritten &&
    connection.written - connection.answered < IN_FLIGHT
  ) {
    due.push(frames[connection.written % ROUND_MESSAGES]!);
    connection.written += 1;
  }
  if (due.length > 0) connection.socket.write(due.length === 1 ? due[0]! : Buffer.concat(due));
}

function isIdle(): boolean {
  return load.connections.every(({ written, answered }) => written === answered);
}

function received(connection: Connection, chunk: Buffer): void {
  const { reader } = connection;
  if (reader === null) {
    openWith(connection, chunk);
    return;
  }
  const messages = reader.count(chunk);
  connection.answered += messages;
  load.answered += messages;
  more(connection);
  const isOver = !load.isRunning || connection.written >= load.mostWritten;
  if (isOver && connection.written === connection.answered && isIdle()) load.settle();
}

function openWith(connection: Connection, chunk: Buffer): void {
  connection.head += chunk.toString("latin1");
  if (!connection.head.endsWith("\r\n\r\n")) return;
  const isCompressed = connection.head.includes("permessage-deflate");
  if (!connection.head.startsWith("HTTP/1.1 101 ") || isCompressed === load.isPlain) {
    load.settle(new Error(`not what was to be agreed on: ${JSON.stringify(connection.head)}`));
    return;
  }
  if (load.isPlain) connection.frames = load.uncompressed;
  if (connection.head.includes("client_no_context_takeover")) {
    connection.frames = load.withoutTakeover;
  }
  connection.reader = new ReplyReader(!connection.head.includes("server_no_context_takeover"));
  if (load.connections.every(({ reader }) => reader !== null)) load.settle();
}

function openConnection(port: number): void {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  const connection: Connection = {
    socket,
    frames: load.withTakeover,
    reader: null,
    head: "",
    written: 0,
    answered: 0,
  };
  load.connections.push(connection);
  socket.on("data", (chunk: Buffer) => {
    try {
      received(connection, chunk);
    } catch (error) {
      load.settle(error as Error);
    }
  });
  socket.on("error", (error) => load.settle(error));
  socket.on("close", () => load.settle(new Error("the server has closed a connection")));
  socket.write(REQUEST_HEAD);
}

async function settled(begin: () => void): Promise<void> {
  const stalled = setTimeout(() => load.settle(new Error("no answer comes")), STALLED_MS);
  await new Promise<void>((resolve, reject) => {
    load.settle = (error) => (error === undefined ? resolve() : reject(error));
    begin();
  }).finally(() => clearTimeout(stalled));
}

async function compareFirstRound(caseName: string): Promise<void> {
  const expected = messagesOf(caseNamed(caseName), ROUND_MESSAGES);
  load.mostWritten = ROUND_MESSAGES;
  load.isRunning = true;
  await settled(() => {
    for (const connection of load.connections) {
      connection.reader!.kept = [];
      more(connection);
    }
  });
  for (const { reader } of load.connections) {
    const texts = await reader!.texts();
    if (texts.length !== expected.length || texts.some((text, at) => text !== expected[at])) {
      throw new Error("the echoes are not what was sent");
    }
  }
  load.mostWritten = Number.POSITIVE_INFINITY;
}

const calls = {
  /** Encodes what is to be sent. */
  async prepare(caseName: string): Promise<void> {
    load = {
      withTakeover: await encodeRound(caseNamed(caseName), true),
      withoutTakeover: await encodeRound(caseNamed(caseName), false),
      uncompressed: encodePlainRound(caseNamed(caseName)),
      isPlain: caseNamed(caseName).terms === "off",
      connections: [],
      answered: 0,
      mostWritten: 0,
      isRunning: false,
      settle: () => {},
    };
  },
  /** Opens the connections, and compares the first round on each. */
  async open(caseName: string, port: number, count: number): Promise<void> {
    await calls.prepare(caseName);
    await settled(() => {
      for (let index = 0; index < count; index += 1) openConnection(port);
    });
    await compareFirstRound(caseName);
  },
  /** Begins and ends with nothing under way. */
  async exchange(duration: number): Promise<{ readonly messages: number }> {
    const before = load.answered;
    await settled(() => {
      load.isRunning = true;
      for (const connection of load.connections) more(connection);
      setTimeout(() => {
        load.isRunning = false;
        if (isIdle()) load.settle();
      }, duration);
    });
    return { messages: load.answered - before };
  },
  /** Opens so many connections more, exchanges one message on each, and leaves them open. */
  async openMore(port: number, count: number): Promise<void> {
    await settled(() => {
      for (let index = 0; index < count; index += 1) openConnection(port);
    });
    load.mostWritten = 1;
    load.isRunning = true;
    await settled(() => {
      for (const connection of load.connections) more(connection);
    });
  },
  close(): void {
    load.settle = () => {};
    for (const { socket } of load.connections) socket.destroy();
  },
};

export type LoadCalls = typeof calls;

answerCalls(calls);
