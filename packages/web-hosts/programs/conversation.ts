/** An echo server and one who talks to it, over whatever streams there are: in workerd, and in a page. */
import {
  type ByteStreams,
  type CloseInfo,
  connectWith,
  createWebSocketClass,
  type Dialed,
  fromStreams,
  type Message,
  type Platform,
  Server,
  type Socket,
  webRuntime,
} from "@sansocket/driver";

const MEBIBYTE = 1_048_576;

/** How often the server writes {@link FLOOD_PIECE} bytes when it is told to "flood", without letting anything happen. */
const FLOOD_PIECES = 64;
const FLOOD_PIECE = 65_536;

/** What became of a conversation; plain, so that JSON can carry it to the test. */
export interface Conversation {
  readonly text: string;
  readonly binary: readonly number[];
  /** "same", if 1 MiB of bytes came back as they were; and the same for 1 MiB of text. */
  readonly mebibytes: readonly string[];
  /** What the server's `write` answered while it flooded, each answer once. */
  readonly flood: readonly string[];
  readonly closed: string;
}

export function describeClose({ code, wasClean, error }: CloseInfo): string {
  const why = error === null ? "" : `, ${error.code}`;
  return `${code}, ${wasClean ? "clean" : "not clean"}${why}`;
}

/** @param ended is told how each connection that was open has ended. */
export function echoServer(ended: (how: string) => void): Server {
  return new Server<undefined>(
    {
      timeouts: { close: 200 },
      message(socket, message) {
        if (message === "flood") return flood(socket);
        if (message === "close") return void socket.close(4_001, "as you wish");
        return void socket.write(message);
      },
      close: (_socket, info) => ended(describeClose(info)),
    },
    { runtime: webRuntime() },
  );
}

async function flood(socket: Socket): Promise<void> {
  const answers = new Set<string>();
  const piece = new Uint8Array(FLOOD_PIECE);
  for (let count = 0; count < FLOOD_PIECES; count += 1) answers.add(socket.write(piece));
  await socket.ready();
  socket.write([...answers].join());
}

/** For connections that are there already. */
function withoutNetwork(): Platform {
  const dial = (): Promise<never> => Promise.reject(new Error("there is no network here"));
  return { runtime: webRuntime(), dialer: { dial } };
}

/** Says all that there is to say to an echo server, and closes. @param isOurs whether it knows the word "flood". */
export async function converse(streams: ByteStreams, isOurs: boolean): Promise<Conversation> {
  const socket = await connectWith(withoutNetwork(), "ws://streams.example/", {
    socket: fromStreams(streams),
  });
  const replies = socket[Symbol.asyncIterator]();
  const next = async (): Promise<Message> => {
    const reply = await replies.next();
    if (reply.done === true) throw new Error(describeClose(await socket.closed));
    return reply.value;
  };
  socket.write("héllo €😀");
  socket.write(new Uint8Array([0, 1, 255]));
  const text = String(await next());
  const binary = [...((await next()) as Uint8Array)];
  const bytes = new Uint8Array(MEBIBYTE);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = (at * 31) >> 3;
  const letters = "€uro".repeat(MEBIBYTE / 6);
  socket.write(bytes);
  socket.write(letters);
  const mebibytes = [isSame(bytes, await next()), isSame(letters, await next())];
  const flood = isOurs ? await floodedBy(socket, next) : [];
  return {
    text,
    binary,
    mebibytes,
    flood,
    closed: describeClose(await socket.close(4_000, "bye")),
  };
}

async function floodedBy(socket: Socket, next: () => Promise<Message>): Promise<string[]> {
  socket.write("flood");
  for (;;) {
    const message = await next();
    if (typeof message === "string") return message.split(",");
  }
}

function isSame(sent: Message, received: Message): string {
  if (typeof sent === "string" || typeof received === "string") {
    return sent === received ? "same" : "different";
  }
  const isEqual =
    sent.length === received.length && sent.every((byte, at) => byte === received[at]);
  return isEqual ? "same" : "different";
}

/** A TransformStream that changes nothing, or what a runtime has in its place. */
type Pipe = new () => Pick<ByteStreams, "readable" | "writable">;

/** Two ends of one connection, without a network. */
function streamPair(Pipe: Pipe): [ByteStreams, ByteStreams] {
  const [up, down] = [new Pipe(), new Pipe()];
  return [
    { readable: down.readable, writable: up.writable },
    { readable: up.readable, writable: down.writable },
  ];
}

export interface BothSides extends Conversation {
  /** How the server's side has ended. */
  readonly server: readonly string[];
  readonly connections: number;
}

/** Both sides here. */
export async function converseInMemory(Pipe: Pipe = TransformStream): Promise<BothSides> {
  const ended: string[] = [];
  const server = echoServer((how) => ended.push(how));
  const [ours, theirs] = streamPair(Pipe);
  server.accept(fromStreams(theirs));
  const told = await converse(ours, true);
  await server.shutdown();
  return { ...told, server: ended, connections: server.connections };
}

/** The class of the web platform, made by the driver, on the server's streams. */
export async function converseByClass(): Promise<string[]> {
  const told: string[] = [];
  const server = echoServer((how) => told.push(`server ${how}`));
  const dial = (): Promise<Dialed> => {
    const [ours, theirs] = streamPair(TransformStream);
    server.accept(fromStreams(theirs));
    const dialed: Dialed = {
      open: fromStreams(ours),
      startTls: () => Promise.resolve(dialed),
      destroy: () => {},
    };
    return Promise.resolve(dialed);
  };
  const WebSocket = createWebSocketClass({ runtime: webRuntime(), dialer: { dial } });
  const socket = new WebSocket("ws://streams.example/");
  socket.onopen = () => socket.send("hello");
  socket.onmessage = ({ data }) => {
    told.push(`message ${String(data)}`);
    socket.send("close");
  };
  await new Promise((resolve) => {
    socket.onclose = ({ code, reason, wasClean }) => {
      told.push(`close ${code} ${reason} ${wasClean}`);
      resolve(undefined);
    };
  });
  await server.shutdown();
  return told.sort();
}
