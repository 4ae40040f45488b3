/**
 * The programs whose size users pay: what a bundler keeps of sansocket for each of them, and of `ws` beside them. `target`: the bytes, gzipped, that
 * the program should have at most.
 */
export interface Bundle {
  readonly program: string;
  readonly target?: number;
}

const echo = (adapter: string, options: string): string =>
  `import { deflate, serve } from "@sansocket/${adapter}";
  const server = await serve({ port: 8080, ${options} message: (socket, data) => void socket.write(data) });
  console.log(server.url);`;

const client = (adapter: string): string =>
  `import { connect } from "@sansocket/${adapter}";
  const socket = await connect("ws://localhost:8080");
  socket.write("hello");
  for await (const message of socket) console.log(message);`;

export const BUNDLES: Readonly<Record<string, Bundle>> = {
  "core, a server": {
    program: `export { serverEndpoint, Step } from "@sansocket/core";`,
    target: 14_336,
  },
  "core, a client": {
    program: `export { clientEndpoint, Step } from "@sansocket/core";`,
    target: 14_336,
  },
  "core, all of it": { program: `export * from "@sansocket/core";` },
  "Node, echo server": { program: echo("node", ""), target: 24_576 },
  "Node, echo server with deflate": { program: echo("node", "perMessageDeflate: deflate(),") },
  "Node, client": { program: client("node") },
  "Node, WebSocket": {
    program: `import { WebSocket } from "@sansocket/node";
    new WebSocket("ws://localhost:8080").onmessage = ({ data }) => console.log(data);`,
  },
  "Deno, echo server": { program: echo("deno", "") },
  "Deno, client": { program: client("deno") },
  "Bun, echo server": { program: echo("bun", "") },
  "Bun, client": { program: client("bun") },
  "a page, a server on web streams": {
    program: `import { fromStreams, Server, webRuntime } from "@sansocket/driver";
    const options = { message: (socket, data) => void socket.write(data) };
    export const server = new Server(options, { runtime: webRuntime() });
    export { fromStreams };`,
  },
  "a page, a client on any dialer": {
    program: `import { connectWith, webRuntime } from "@sansocket/driver";
    export const connect = (dialer, url) => connectWith({ runtime: webRuntime(), dialer }, url);`,
  },
  "ws, echo server": {
    program: `import { WebSocketServer } from "ws";
    new WebSocketServer({ port: 8080 }).on("connection", (socket) => {
      socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    });`,
  },
};
