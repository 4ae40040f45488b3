/** A peer of octets: what it sends and when it reads is the test's own business. */
export class RawPeer {
  readonly conn: Deno.Conn;
  private readonly buffer = new Uint8Array(65_536);

  constructor(conn: Deno.Conn) {
    this.conn = conn;
  }

  static async connect(port: number): Promise<RawPeer> {
    return new RawPeer(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** A client whose connection is open, and who has read the server's answer and nothing behind it. */
  static async opened(port: number): Promise<RawPeer> {
    const peer = await RawPeer.connect(port);
    await peer.write(REQUEST);
    await peer.readHead();
    return peer;
  }

  async write(octets: Uint8Array): Promise<void> {
    for (let at = 0; at < octets.length; ) at += await this.conn.write(octets.subarray(at));
  }

  /** @returns null at the end of the stream. */
  async read(): Promise<Uint8Array | null> {
    const count = await this.conn.read(this.buffer);
    return count === null ? null : this.buffer.slice(0, count);
  }

  /** One octet at a time, so as not to read too much. */
  async readHead(): Promise<string> {
    let head = "";
    const octet = new Uint8Array(1);
    while (!head.endsWith("\r\n\r\n")) {
      if ((await this.conn.read(octet)) === null) throw new Error(`end of stream behind ${head}`);
      head += String.fromCharCode(octet[0]!);
    }
    return head;
  }

  /** Everything up to the end of the stream. */
  async readToEnd(): Promise<{ count: number; tail: number[] }> {
    let count = 0;
    let tail: number[] = [];
    for (;;) {
      const octets = await this.read();
      if (octets === null) return { count, tail };
      count += octets.length;
      tail = [...tail, ...octets.subarray(-16)].slice(-16);
    }
  }

  /** Everything up to a Close frame that stands at the end of what has come. */
  async readToClose(reasonLength: number): Promise<number[]> {
    const octets: number[] = [];
    while (octets.at(-4 - reasonLength) !== 0x88) octets.push(...((await this.read()) ?? [NaN]));
    return octets;
  }

  close(): void {
    this.conn.close();
  }
}

/** RFC 6455 §1.2: the request of the RFC, without an Origin. */
export const REQUEST: Uint8Array = new TextEncoder().encode(
  "GET /chat HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
);

/** A binary frame of a client with a masking key of zeros. Longer than 65,535 octets. */
export function longFrame(length: number): Uint8Array {
  const frame = new Uint8Array(14 + length);
  frame.set([0x82, 0xff]);
  new DataView(frame.buffer).setUint32(6, length);
  return frame;
}

/** A Close of a client, with code 1000 and a masking key of zeros. */
export const CLOSE: Uint8Array = new Uint8Array([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);

export function portOf(server: { readonly address: object | null }): number {
  const { address } = server;
  if (address === null || !("port" in address)) throw new Error("it listens on no port");
  return address.port as number;
}

/** A promise and what settles it. */
export function deferred<T>(): { promise: Promise<T>; resolve(value: T): void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** The descriptors of this process that are sockets; null where nobody says. */
export function openSockets(): number | null {
  try {
    return [...Deno.readDirSync("/proc/self/fd")].filter(({ name }) => {
      try {
        return Deno.readLinkSync(`/proc/self/fd/${name}`).startsWith("socket:");
      } catch {
        return false;
      }
    }).length;
  } catch {
    return null;
  }
}
