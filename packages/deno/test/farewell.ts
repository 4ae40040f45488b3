// For runtime.test.ts: has long timers, and nothing else that would keep a process alive.
import { connect, serve } from "@sansocket/deno";

const server = await serve({
  hostname: "127.0.0.1",
  timeouts: { idle: 600_000, lifetime: 600_000 },
  message() {},
});
const socket = await connect(server.url, { timeouts: { idle: 600_000 } });
console.log((await socket.close(1000)).code);
await server.shutdown();
