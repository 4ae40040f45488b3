// A server with 10 descriptors to spare, for accepting.test.ts: says where it is, and each error that its hook hears of.
import { closeSync, openSync } from "node:fs";
import { serve } from "@sansocket/node";

const server = await serve({
  hostname: "127.0.0.1",
  message: (socket, message) => void socket.write(message),
  error: (_socket, error) => console.log(error.code),
});

const held = [];
try {
  for (;;) held.push(openSync("/dev/null"));
} catch {
  for (const descriptor of held.splice(-10)) closeSync(descriptor);
}
console.log(server.url);
