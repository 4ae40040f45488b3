import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { expect, test, vi } from "vitest";
import { serveBridge } from "../src/bridge.ts";
import { PATIENT, Visitor } from "./conversation.ts";

async function tcpService(
  serve: (socket: Socket) => void,
): Promise<Server & { place: { host: string; port: number } }> {
  const service = createServer((socket) => {
    socket.on("error", () => {});
    serve(socket);
  });
  service.listen(0, "127.0.0.1");
  await once(service, "listening");
  const { port } = service.address() as AddressInfo;
  return Object.assign(service, { place: { host: "127.0.0.1", port } });
}

test("bytes go both ways, also more than either side holds", async () => {
  const service = await tcpService((socket) => socket.pipe(socket));
  await using server = await serveBridge(0, service.place);
  const visitor = await Visitor.open(server.url);
  const sent = Buffer.alloc(20_000_000, "0123456789");
  for (let at = 0; at < sent.length; at += 500_000) visitor.say(sent.subarray(at, at + 500_000));
  const parts: Buffer[] = [];
  let length = 0;
  while (length < sent.length) {
    const part = await visitor.hearBytes();
    parts.push(part);
    length += part.length;
  }
  expect(Buffer.concat(parts).equals(sent)).toBe(true);
  service.close();
});

test("the bridge stops reading the service while a client does not read", async () => {
  const service = await tcpService((socket) => {
    const chunk = Buffer.alloc(65_536);
    const write = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on("drain", write);
    write();
  });
  await using server = await serveBridge(0, service.place);
  const visitor = await Visitor.open(server.url, {}, (socket) => {
    socket.on("open", () => socket.pause());
  });
  const [socket] = server.sockets;
  await vi.waitFor(() => expect(socket!.data.isPaused()).toBe(true), PATIENT);
  expect(socket!.unsent).toBeLessThan(1_300_000);
  visitor.socket.resume();
  await vi.waitFor(() => expect(socket!.data.isPaused()).toBe(false), PATIENT);
  visitor.socket.terminate();
  await socket!.closed;
  service.close();
});

test("the connection ends behind the last bytes of the service", async () => {
  const service = await tcpService((socket) => socket.end("bye"));
  await using server = await serveBridge(0, service.place);
  const visitor = await Visitor.open(server.url);
  expect(await visitor.hear()).toBe("bye");
  expect(await visitor.closed).toBe(1000);
  service.close();
});

test("the TCP connection ends behind the last bytes of the client", async () => {
  let heard = "";
  const done = new Promise<void>((resolve) => {
    void tcpService((socket) => {
      socket.on("data", (chunk) => {
        heard += chunk;
      });
      socket.on("close", () => resolve());
    }).then(async (service) => {
      const server = await serveBridge(0, service.place);
      const visitor = await Visitor.open(server.url);
      visitor.say("bye");
      await visitor.leave();
      await server.shutdown();
      service.close();
    });
  });
  await done;
  expect(heard).toBe("bye");
});

test("a missing service is answered with 502", async () => {
  const service = await tcpService(() => {});
  service.close();
  await once(service, "close");
  await using server = await serveBridge(0, service.place);
  await expect(Visitor.open(server.url)).rejects.toThrow("502");
});
