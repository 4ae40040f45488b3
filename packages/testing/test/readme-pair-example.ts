import { pair } from "@sansocket/testing/application";

const { client, server, idle, advance, until } = await pair({
  server: { message: (socket, text) => socket.write(`re: ${text}`) }, // the options that you give to serve
});
client.write("hello");
await idle(); // everything that was sent has arrived
await advance(30_000); // half a minute goes by in a moment: timeouts, pings
await until(server.close(1000)); // time goes by as far as the promise needs it
