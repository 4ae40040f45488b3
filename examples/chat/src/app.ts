/**
 * The chat on one port: the page by the `request` hook, the WebSocket by the others. Whose `serve` it is makes no
 * difference: @sansocket/node, /deno and /bun have the same.
 */
import type { PreparedMessage, Server, ServerOptions, Socket } from "@sansocket/driver/application";
import { createAllowance } from "./allowance.ts";
import { type Chat, createChat, type Delivery, handle, leave, type Member } from "./chat.ts";
import { type FrameReport, isReport, reportFrame } from "./frame-report.ts";
import { MESSAGE_OCTETS, readClientMessage, type ServerMessage } from "./protocol.ts";
import { createSite, type SiteFile } from "./site.ts";

/** What the server knows of one connection: a {@link Member}, and its socket. */
export interface Session extends Member {
  /** Null until the connection is open. */
  socket: Socket<Session> | null;
  /** Whether the page wants to see the frames. */
  isWatching: boolean;
  /** Seen, and not yet told. */
  frames: FrameReport[];
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

  const server = await serve({
    port,
    ...(hostname === undefined ? {} : { hostname }),
    maxConnections: 1_000,
    // Who does not read what was said is let go at 1 MiB: a page that lags that far behind had better come back.
    limits: { message: MESSAGE_OCTETS, frame: MESSAGE_OCTETS, unsent: 1_048_576 },
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
      socket.data.socket = socket;
    },

    message({ data: session }, data) {
      const message = readClientMessage(data);
      if (message.type === "watch") session.isWatching = message.on;
      deliver(handle(chat, session, message, Date.now()));
    },

    close({ data: session }) {
      deliver(leave(chat, session, Date.now()));
    },

    trace({ data: session }, frame) {
      if (session.isWatching && !isReport(frame)) tellOfFrame(session, reportFrame(frame));
    },
  });

  const { address } = server;
  if (address === null || "path" in address) throw new Error("bug: the server has no port");
  const host = hostname === undefined || hostname === "::" ? "localhost" : hostname;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${address.port}/`,
    port: address.port,
    shutdown: () => server.shutdown({ code: 1001, reason: "the server restarts", grace: 2_000 }),
  };
}

function createSession(isWatching: boolean): Session {
  const allowance = createAllowance(Date.now());
  return { name: "", room: null, allowance, socket: null, isWatching, frames: [] };
}

/** All frames of a turn are told in one message, when the turn is over. */
function tellOfFrame(session: Session, report: FrameReport): void {
  session.frames.push(report);
  if (session.frames.length > 1) return;
  queueMicrotask(() => {
    const message: ServerMessage = { type: "frames", frames: session.frames };
    session.frames = [];
    session.socket?.write(JSON.stringify(message));
  });
}

/** Random, so that no page takes this run's logs for those of another. */
function runName(): string {
  return crypto.randomUUID().slice(0, 8);
}
