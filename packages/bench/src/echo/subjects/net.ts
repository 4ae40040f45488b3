/**
 * The floor: plain `node:net` that moves the same octets and knows nothing of WebSocket. It answers the opening handshake
 * with a constant; then it only counts, and for every so many octets as one frame of the case has, sends an echo that was
 * encoded beforehand, all that are due in one write. It reads no header, unmasks nothing and looks at no payload. It does
 * use the ordinary 'data' event, so a server that reads into a buffer of its own can come out below it.
 */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { ACCEPT, encodeBurst, encodeReplies } from "../wire.ts";
import type { Listen } from "./subject.ts";

const RESPONSE_HEAD = [
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Accept: ${ACCEPT}`,
  "\r\n",
].join("\r\n");

export const listen: Listen = async (echoCase) => {
  const { inFlight } = echoCase;
  const frameOctets = encodeBurst(echoCase).length / inFlight;
  const replies = encodeReplies(echoCase);
  const replyOctets = replies.length / inFlight;
  const server = createServer({ noDelay: true }, (socket) => {
    let isOpen = false;
    let unanswered = 0;
    socket.on("data", (chunk) => {
      if (!isOpen) {
        // The generator writes its head at once, and nothing behind it before the answer.
        if (!chunk.toString("latin1").endsWith("\r\n\r\n")) throw new Error("a head in pieces");
        isOpen = true;
        socket.write(RESPONSE_HEAD);
        return;
      }
      unanswered += chunk.length;
      const due = Math.floor(unanswered / frameOctets);
      if (due === 0) return;
      unanswered -= due * frameOctets;
      socket.write(replies.subarray(0, due * replyOctets));
    });
    socket.on("error", () => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
};
