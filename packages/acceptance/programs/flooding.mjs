// A client of bare TCP that opens a WebSocket at the port that is given, and sends small messages without an end, as fast as
// the server reads them.
import { connect } from "node:net";
import { obeyLines, say } from "./lines.mjs";

const [port] = process.argv.slice(2);

// A masked frame with one byte: the masking key is zeros (RFC 6455 §5.3).
const FRAME = Buffer.from([0x82, 0x81, 0, 0, 0, 0, 1]);
const BLOCK = Buffer.concat(new Array(65_536).fill(FRAME));

const REQUEST =
  "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

const socket = connect({ port: Number(port), host: "127.0.0.1" }, () => socket.write(REQUEST));
socket.on("error", () => {}); // the server ends before us
socket.once("data", () => {
  say({ flooding: true });
  const flood = (error) => {
    if (!error) setImmediate(() => socket.write(BLOCK, flood));
  };
  flood();
});

await obeyLines(() => {});
