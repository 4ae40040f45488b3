/** As much of it as the worker needs: the whole typings of workerd would replace those of the web. */
declare module "cloudflare:sockets" {
  export interface Socket {
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<Uint8Array>;
    /** Ends both directions at once. */
    close(): Promise<void>;
  }

  export function connect(
    address: string,
    options: {
      /** Default false: the peer's end of stream ends our direction too. */
      readonly allowHalfOpen: boolean;
      /** Of the writable, bytes. Without it `desiredSize` is always 1. */
      readonly highWaterMark?: number;
    },
  ): Socket;
}
