/** The parts of Bun that programs of this package use. (The types of Bun and of Node contradict each other in one compilation.) */

export interface BunTcpSocket<Data> {
  data: Data;
  /** @returns how many bytes were taken; negative when the connection is gone. */
  write(bytes: Uint8Array | string, start?: number, length?: number): number;
  setNoDelay(isOn: boolean): void;
  /** Closes at once, with RST. */
  terminate(): void;
}

export interface BunTcpHandlers<Data> {
  open(socket: BunTcpSocket<Data>): void;
  data(socket: BunTcpSocket<Data>, chunk: Buffer): void;
  drain(socket: BunTcpSocket<Data>): void;
  close(socket: BunTcpSocket<Data>): void;
  error(socket: BunTcpSocket<Data>, error: Error): void;
  connectError?(socket: BunTcpSocket<Data>, error: Error): void;
}

export interface BunWebSocket {
  send(data: string | Uint8Array, compress?: boolean): number;
  subscribe(topic: string): void;
}

export interface BunGlobal {
  connect<Data>(options: {
    readonly hostname: string;
    readonly port: number;
    readonly data?: Data;
    readonly socket: BunTcpHandlers<Data>;
  }): Promise<BunTcpSocket<Data>>;
  listen<Data>(options: {
    readonly hostname: string;
    readonly port: number;
    readonly socket: BunTcpHandlers<Data>;
  }): { readonly port: number };
  serve(options: {
    readonly hostname: string;
    readonly port: number;
    fetch(request: Request, server: { upgrade(request: Request): boolean }): Response | undefined;
    readonly websocket: {
      readonly maxPayloadLength?: number;
      readonly backpressureLimit?: number;
      readonly perMessageDeflate?:
        | boolean
        | { readonly compress: string; readonly decompress: string };
      open?(socket: BunWebSocket): void;
      message(socket: BunWebSocket, data: string | Uint8Array): void | Promise<void>;
    };
  }): { readonly port: number; publish(topic: string, data: string | Uint8Array): number };
  gc(isForced: boolean): void;
}

export function bun(): BunGlobal {
  const { Bun } = globalThis as { Bun?: BunGlobal };
  if (Bun === undefined) throw new Error("bug: this program is for Bun");
  return Bun;
}
