/** The other side of a recipe: npm `ws`, which shares no code with ours. */
import { once } from "node:events";
import { type ClientOptions, WebSocket } from "ws";

/** For `vi.waitFor`, which waits for a second by default: a busy machine takes longer, and the fact is awaited, not the time. */
export const PATIENT = { timeout: 100_000, interval: 1 };

/** An open `ws` client, and what it has heard since. */
export class Visitor {
  readonly socket: WebSocket;
  /** The close code that it was sent, once it is closed. */
  readonly closed: Promise<number>;
  private readonly heard: Buffer[] = [];
  private wake = (): void => {};

  private constructor(url: string, options: ClientOptions) {
    this.socket = new WebSocket(url, options);
    this.socket.on("message", (data: Buffer) => {
      this.heard.push(data);
      this.wake();
    });
    this.socket.on("error", () => {}); // "close" follows; `open` rejects
    this.closed = new Promise((resolve) => {
      this.socket.on("close", resolve);
    });
  }

  /**
   * Rejects as `ws` does, for instance with "Unexpected server response: 401".
   * @param meanwhile gets the socket before it is open.
   */
  static async open(
    url: string,
    options: ClientOptions = {},
    meanwhile: (socket: WebSocket) => void = () => {},
  ): Promise<Visitor> {
    const visitor = new Visitor(url, options);
    meanwhile(visitor.socket);
    await once(visitor.socket, "open");
    return visitor;
  }

  say(data: string | Uint8Array): void {
    this.socket.send(data);
  }

  /** The next message. */
  async hearBytes(): Promise<Buffer> {
    while (this.heard.length === 0) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.heard.shift()!;
  }

  async hear(): Promise<string> {
    return (await this.hearBytes()).toString();
  }

  async leave(): Promise<void> {
    this.socket.close(1000);
    await this.closed;
  }
}
