/** The one thing of Node's that Deno's own sockets cannot do: a reset. Node's types and Deno's do not go together. */
declare module "node:net" {
  export function connect(port: number, host: string): Socket;
  interface Socket {
    write(octets: Uint8Array, written?: () => void): boolean;
    once(event: "data", listener: () => void): this;
    resetAndDestroy(): this;
  }
}
