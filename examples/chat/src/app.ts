/**
 * The chat on one port: the page by the `request` hook, the WebSocket by the others. Whose `serve` it is makes no
 * difference: @sansocket/node, /deno and /bun have the same.
 */
import type { PreparedMessage, Server, ServerOptions, Socket } from "@sansocket/driver/application";
import { createAllowance } from "./allowance.ts";
import { type Chat, createChat, type Delivery, handle, leave, type Member } from "./chat.ts";
import { flush, hasNews } from "./presence.ts";
import { MESSAGE_BYTES, readClientMessage, type ServerMessage } from "./protocol.ts";
import { createSite, type SiteFile } from "./site.ts";
import {
  createWireRecord,
  recordFrame,
  reportHandshake,
  takeItems,
  type WireRecord,
  watch,
} from "./wire-report.ts";

/** The server's facts about one connection: a {@link Member}, and its socket. */
export interface Session extends Member {
  /** Null until the connection is open. */
  socket: Socket<Session> | null;
  readonly wire: WireRecord;
  /** Whether what is in {@link wire} is about to be told. */
  isWireDue: boolean;
}

/** `serve` of any of the adapters. */
export type Serve = (
  options: ServerOptions<Session> & { readonly port: number; readonly hostname?: string },
) => Promise<Server<Session>>;

export interface ChatOptions {
  readonly serve: Serve;
  /** The adapter's `prepare`: encodes what goes to many once. */
  readonly prepare: (text: string) => PreparedMessage;
  /** The page, by path. */
  readonly files: ReadonlyMap<string, SiteFile>;
  /** 0 for any free one. */
  readonly port: number;
  /** Default: all addresses of the machine. */
  readonly hostname?: string;
}

export interface RunningChat {
  /** Of the page. */
  readonly url: string;
  readonly port: number;
  /** Sends everyone a Close with 1001, and resolves when the last has gone. */
  shutdown(): Promise<void>;
}

const SOCKET_PATH = "/socket";

/** ms. Too short to be noticed, and long enough that a crowd that comes back after a restart is told of in a few messages. */
const NEWS_GATHERED_FOR = 200;

export async function startChat(options: ChatOptions): Promise<RunningChat> {
  const { serve, prepare, files, port, hostname } = options;
  const site = await createSite(files);
  const chat: Chat<Session> = createChat(runName(), Date.now());

  function deliver(deliveries: readonly Delivery<Session>[]): void {
    for (const { to, message } of deliveries) {
      const text = JSON.stringify(message);
      const data = to.length > 1 ? prepare(text) : text;
      for (const { socket } of to) socket?.write(data);
    }
  }

  /** Runs while there is news of who is where: news is gathered, and told once. */
  let newsTimer: ReturnType<typeof setTimeout> | null = null;

  function gatherNews(): void {
    if (newsTimer !== null || !hasNews(chat)) return;
    newsTimer = setTimeout(() => {
      newsTimer = null;
      deliver(flush(chat));
    }, NEWS_GATHERED_FOR);
  }

  const server = await serve({
    port,
    ...(hostname === undefined ? {} : { hostname }),
    maxConnections: 1_000,
    // A page that does not read what was said is let go at 1 MiB: a page that lags that far behind had better come back.
    limits: { message: MESSAGE_BYTES, frame: MESSAGE_BYTES, unsent: 1_048_576 },
    timeouts: { ping: 20_000, pong: 10_000 },

    request: site,

    upgrade(request) {
      const [path, query = ""] = request.target.split("?", 2);
      if (path !== SOCKET_PATH) {
        return request.reject(404, { body: `The WebSocket is ${SOCKET_PATH}.\n` });
      }
      return request.accept({ data: createSession(query === "watch") });
    },

    open(socket) {
      const { data: session } = socket;
      session.socket = socket;
      const handshake = session.wire.isWatching ? reportHandshake(socket) : null;
      if (handshake !== null) session.wire.items.push(handshake);
      tellOfWire(session);
    },

    message({ data: session }, data) {
      const message = readClientMessage(data);
      if (message.type === "watch") {
        watch(session.wire, message.on);
        tellOfWire(session);
      }
      deliver(handle(chat, session, message, Date.now()));
      gatherNews();
    },

    close({ data: session }) {
      leave(chat, session, Date.now());
      gatherNews();
    },

    trace({ data: session }, frame) {
      recordFrame(session.wire, frame);
      tellOfWire(session);
    },
  });

  const { address } = server;
  if (address === null || "path" in address) throw new Error("bug: the server has no port");
  const host = hostname === undefined || hostname === "::" ? "localhost" : hostname;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${address.port}/`,
    port: address.port,
    async shutdown() {
      await server.shutdown({ code: 1001, reason: "the server restarts", grace: 2_000 });
      if (newsTimer !== null) clearTimeout(newsTimer);
    },
  };
}

function createSession(isWatching: boolean): Session {
  return {
    name: "",
    skeleton: "",
    hue: 0,
    tab: null,
    room: null,
    allowance: createAllowance(Date.now()),
    socket: null,
    wire: createWireRecord(isWatching),
    isWireDue: false,
  };
}

/** All frames of a turn are told in one message, when the turn is over. */
function tellOfWire(session: Session): void {
  if (session.isWireDue || session.wire.items.length === 0) return;
  session.isWireDue = true;
  queueMicrotask(() => {
    session.isWireDue = false;
    const message: ServerMessage = { type: "frames", items: takeItems(session.wire) };
    session.socket?.write(JSON.stringify(message));
  });
}

/** Random, so that no page takes this run's logs for those of another. */
function runName(): string {
  return crypto.randomUUID().slice(0, 8);
}
