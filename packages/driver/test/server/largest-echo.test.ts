/** What a peer may send, an echo with the defaults can send back, however slowly the peer reads. */
import { expect, test } from "vitest";
import { type Peer, Stage, settle } from "../stage.ts";

const MiB = 1_048_576;
const LARGEST = 16 * MiB;

/** Sends messages of these lengths, and moves them in chunks of 64 KiB, as sockets do. */
async function sends(peer: Peer, ...lengths: readonly number[]): Promise<void> {
  for (const length of lengths) {
    peer.endpoint.sendBinary(new Uint8Array(length));
    peer.speak();
    while (peer.pending > 0) peer.toDriverUpTo(65_536);
    await settle();
  }
}

function lengthsOf(peer: Peer): number[] {
  return peer.messages.map(({ length }) => length);
}

test("a peer that reads nothing gets the largest message behind what is just below the high mark", async () => {
  const stage = new Stage({ message: (socket, message) => void socket.write(message) });
  const peer = await stage.opened();
  peer.transport.room = 0;
  await sends(peer, MiB - 100, LARGEST);
  peer.transport.takes(Number.POSITIVE_INFINITY);
  await peer.pump();
  expect(lengthsOf(peer)).toEqual([MiB - 100, LARGEST]);
});

test("it gets what waited for a slow hook, too", async () => {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const stage = new Stage({
    async message(socket, message) {
      await released;
      socket.write(message);
    },
  });
  const peer = await stage.opened();
  peer.transport.room = 0;
  await sends(peer, ...Array.from({ length: 15 }, () => 65_536), LARGEST);
  release();
  await settle();
  peer.transport.takes(Number.POSITIVE_INFINITY);
  await peer.pump();
  expect(lengthsOf(peer)).toEqual([...Array.from({ length: 15 }, () => 65_536), LARGEST]);
});

test("with another limit of messages there is room for the largest as well", async () => {
  const largest = LARGEST + 5 * MiB;
  const limits = { message: largest, frame: largest };
  const stage = new Stage({ limits, message: (socket, message) => void socket.write(message) });
  const peer = await stage.opened();
  peer.transport.room = 0;
  peer.transport.arrives(binaryFrame(new Uint8Array(largest)));
  await settle();
  expect(stage.server.sockets.map(({ unsent }) => unsent)).toEqual([largest + 10]);
});

/** As a client sends it, with a masking key of zeros (RFC 6455 §5.2). */
function binaryFrame(payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(14 + payload.length);
  frame.set([0x82, 0xff]);
  new DataView(frame.buffer).setBigUint64(2, BigInt(payload.length));
  frame.set(payload, 14);
  return frame;
}
