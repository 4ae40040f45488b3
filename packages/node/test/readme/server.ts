import { serve } from "@sansocket/node";

const server = await serve({
  port: 8080,
  open(socket) {
    socket.write("welcome");
  },
  message(socket, message) {
    socket.write(message); // a string, or a Uint8Array of your own
  },
});
console.log(server.url);
