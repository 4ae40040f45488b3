import { connectWith, fromStreams, Server, webRuntime } from "@sansocket/driver";

// A runtime: a clock, timers and entropy, here those of the web platform. A dialer connects; here there is no network.
const runtime = webRuntime();
const dialer = { dial: () => Promise.reject(new Error("there is no network here")) };

// A server, and a connection for it: any two streams of bytes. Here they lead to a client in the same memory.
const [up, down] = [new TransformStream(), new TransformStream()];
const server = new Server({ message: (socket, text) => void socket.write(text) }, { runtime });
server.accept(fromStreams({ readable: up.readable, writable: down.writable }));

// A client.
const connection = fromStreams({ readable: down.readable, writable: up.writable });
const socket = await connectWith({ runtime, dialer }, "ws://memory/", { socket: connection });
socket.write("hello");
for await (const message of socket) {
  console.log(message);
  break;
}
await socket.close();
await server.shutdown();
