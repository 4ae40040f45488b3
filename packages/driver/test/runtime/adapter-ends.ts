/** Both ends of a connection that an adapter's dialer and listener make, in each way in which a client reaches a server. */
import { connectionSettings, createProxyTunnel } from "@sansocket/core";
import { openTunnel } from "../../src/client/tunnel.ts";
import type {
  Dialed,
  Dialer,
  Listen,
  OpenTransport,
  Runtime,
  Transport,
  TransportHandler,
} from "../../src/index.ts";
import { Deadlines } from "../../src/socket/deadlines.ts";

/** What an adapter is made of. */
export interface AdapterSockets {
  readonly dialer: Dialer;
  readonly listen: Listen;
  readonly runtime: Runtime;
}

export interface Way {
  /** A proxy stands between them, and speaks TLS itself or not. */
  readonly proxy?: "http" | "https";
  readonly isTls?: boolean;
  readonly isUnix?: boolean;
}

export interface Places {
  readonly cert: string;
  readonly key: string;
  /** Where a unix socket may be made. */
  readonly path: string;
}

/** As the law of lent memory takes them. */
interface Ends {
  readonly ends: readonly [Promise<OpenTransport>, Promise<OpenTransport>];
  close(): Promise<unknown>;
}

/** The dialed end first. */
export async function adapterEnds(
  sockets: AdapterSockets,
  { proxy, isTls = false, isUnix = false }: Way,
  { cert, key, path }: Places,
): Promise<Ends> {
  const { signal } = new AbortController();
  const { dialer, listen, runtime } = sockets;
  let accept: (open: OpenTransport) => void = () => {};
  const accepted = new Promise<OpenTransport>((resolve) => {
    accept = resolve;
  });
  const server = await listen(acceptor(accept), {
    ...(isUnix ? { path } : { hostname: "127.0.0.1" }),
    ...(isTls && { tls: { cert, key } }),
  });
  const between = await listen(
    acceptor((open) => new TunnelSide(open, () => dialer.dial(server.address, signal))),
    { hostname: "127.0.0.1", ...(proxy === "https" && { tls: { cert, key } }) },
  );
  const dialing = async (): Promise<OpenTransport> => {
    const secured = (dialed: Dialed): Promise<Dialed> =>
      dialed.startTls({ ca: cert }, "localhost", signal);
    let dialed = await dialer.dial(proxy === undefined ? server.address : between.address, signal);
    if (proxy === "https") dialed = await secured(dialed);
    if (proxy !== undefined) {
      const tunnel = createProxyTunnel({ host: "localhost", port: 80, headers: [] });
      dialed = await openTunnel(dialed, tunnel, {
        deadlines: new Deadlines(runtime),
        settings: connectionSettings(runtime),
        signal,
      });
    }
    if (isTls) dialed = await secured(dialed);
    return dialed.open;
  };
  return {
    ends: [dialing(), accepted],
    close: () => Promise.all([server.close(), between.close()]),
  };
}

function acceptor(take: (open: OpenTransport) => void): Parameters<Listen>[0] {
  return {
    accept(open) {
      take(open);
      return true;
    },
    acceptFailed(error) {
      throw error;
    },
    clientRefused(why) {
      throw new Error(why);
    },
  };
}

/** One side of a proxy: what it reads, the other side writes. */
class Side implements TransportHandler {
  readonly inbox: Uint8Array<ArrayBuffer> = new Uint8Array(65_536);
  readonly transport: Transport;
  other: Side | null = null;
  /** What this side is still to write. */
  private readonly unwritten: Uint8Array[] = [];
  private isBusy = false;
  private isEndDue = false;

  constructor(open: OpenTransport) {
    this.transport = open(this);
  }

  onData(chunk: Uint8Array): void {
    this.other?.write(new Uint8Array(chunk)); // in memory of its own: what was read is only borrowed
  }

  onInbox(byteCount: number): void {
    this.onData(this.inbox.subarray(0, byteCount));
  }

  write(chunk: Uint8Array): void {
    this.unwritten.push(chunk);
    this.other?.transport.pause();
    this.goOn();
  }

  private goOn(): void {
    while (!this.isBusy && this.unwritten.length > 0) {
      this.isBusy = !this.transport.write([this.unwritten.shift()!]);
    }
    if (this.isBusy) return;
    if (this.isEndDue) this.transport.endWrite();
    else this.other?.transport.resume();
  }

  onDrain(): void {
    if (!this.isBusy) return;
    this.isBusy = false;
    this.goOn();
  }

  onEnd(): void {
    this.other?.end();
  }

  private end(): void {
    this.isEndDue = true;
    this.goOn();
  }

  onClosed(): void {
    this.other?.transport.destroy();
  }
}

/** The side of a proxy that is asked: it answers CONNECT, whatever it asks for, and passes on to one server. */
class TunnelSide extends Side {
  private readonly reach: () => Promise<Dialed>;
  private request = "";

  constructor(open: OpenTransport, reach: () => Promise<Dialed>) {
    super(open);
    this.reach = reach;
  }

  override onData(chunk: Uint8Array): void {
    if (this.other !== null) {
      super.onData(chunk);
      return;
    }
    this.request += new TextDecoder().decode(chunk);
    if (this.request.endsWith("\r\n\r\n")) void this.connect();
  }

  private async connect(): Promise<void> {
    const { open } = await this.reach();
    this.other = new Side(open);
    this.other.other = this;
    this.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n"));
  }
}
