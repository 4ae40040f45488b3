// A server with few descriptors, for accepting.test.ts: says what becomes of its connections, a line each.
import { serve } from "@sansocket/deno";

const server = await serve({
  hostname: "127.0.0.1",
  message: (socket, message) => void socket.write(message),
  error: (_socket, error) => console.log(error.code),
});
console.log(server.url);
