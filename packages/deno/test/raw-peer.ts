/** A peer on Deno.Conn, for the tests of what Deno's own sockets do. It reads only when it is asked to. */
export class RawPeer {
  readonly conn: Deno.Conn;
  private readonly buffer = new Uint8Array(65_536);

  constructor(conn: Deno.Conn) {
    this.conn = conn;
  }

  static async connect(port: number): Promise<RawPeer> {
    return new RawPeer(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) at += await this.conn.write(bytes.subarray(at));
  }

  /** @returns null at the end of the stream. */
  async read(): Promise<Uint8Array | null> {
    const count = await this.conn.read(this.buffer);
    return count === null ? null : this.buffer.slice(0, count);
  }

  /** One byte at a time, so as not to read too much. */
  async readHead(): Promise<string> {
    let head = "";
    const byte = new Uint8Array(1);
    while (!head.endsWith("\r\n\r\n")) {
      if ((await this.conn.read(byte)) === null) throw new Error(`end of stream behind ${head}`);
      head += String.fromCharCode(byte[0]!);
    }
    return head;
  }

  /** Everything up to the end of the stream. */
  async readToEnd(): Promise<{ count: number; tail: number[] }> {
    let count = 0;
    let tail: number[] = [];
    for (;;) {
      const bytes = await this.read();
      if (bytes === null) return { count, tail };
      count += bytes.length;
      tail = [...tail, ...bytes.subarray(-16)].slice(-16);
    }
  }

  close(): void {
    this.conn.close();
  }
}

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
