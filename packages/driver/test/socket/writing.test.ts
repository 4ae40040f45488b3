/** Much to say to a peer who takes it slowly, at the end of a connection, where `timeouts.close` runs. */
import { describe, expect, test } from "vitest";
import { GET, RawClient, UPGRADE } from "../server/raw-client.ts";
import { join, QUIET, Stage } from "../stage.ts";

const CLOSE_TIMEOUT = 5_000;
const MUCH = Uint8Array.from({ length: 1_000_000 }, (_, index) => (index * 7) % 251);
const FIRST = MUCH.subarray(0, 64);

interface Talk {
  readonly what: string;
  readonly request: string;
  /** Behind all that is said. */
  readonly last: readonly number[];
}

const TALKS: readonly Talk[] = [
  { what: "messages and a Close", request: UPGRADE, last: [0x88, 2, 1000 >> 8, 1000 & 0xff] },
  { what: "an answer to a plain request", request: GET, last: [...MUCH.subarray(-4)] },
];

/** A client that takes so many bytes at once, and then nothing yet. */
function talkedTo({ request }: Talk, atOnce?: number): { stage: Stage; client: RawClient } {
  const stage = new Stage({
    timeouts: { ...QUIET, close: CLOSE_TIMEOUT },
    message() {},
    open(socket) {
      socket.write(MUCH);
      socket.write("small");
      void socket.close();
    },
    request: () => ({ body: MUCH }),
  });
  const client = new RawClient(stage);
  const { transport } = client;
  transport.room = atOnce ?? 0;
  if (atOnce !== undefined) transport.writeAtOnce = (chunks) => transport.takeAtOnce(chunks);
  client.says(request);
  return { stage, client };
}

/** All that was said has arrived: nothing is missing, and nothing comes twice. */
function expectAllOf({ last }: Talk, { transport }: RawClient): void {
  const heard = join(transport.written);
  const start = heard.findIndex((_, at) => FIRST.every((byte, i) => heard[at + i] === byte));
  expect(MUCH.every((byte, index) => heard[start + index] === byte)).toBe(true);
  expect([...heard.subarray(-4)]).toEqual(last);
}

describe("a transport that tells at once what it has taken", () => {
  for (const talk of TALKS) {
    test(`gets ${talk.what} in one write when it takes all of it`, () => {
      const { client } = talkedTo(talk, Number.POSITIVE_INFINITY);
      expectAllOf(talk, client);
      // The response to the opening handshake may have a write of its own.
      expect(client.transport.writes).toBeLessThanOrEqual(3);
    });

    test.each([0, 1, 1_000, 131_073, 600_000, 999_999])(
      `gets ${talk.what} whole when it takes %i bytes at once, and the rest later`,
      async (atOnce) => {
        const { stage, client } = talkedTo(talk, atOnce);
        for (let rounds = 0; rounds < 8; rounds += 1) {
          await stage.runtime.advance(CLOSE_TIMEOUT - 1);
          client.transport.takes(131_072);
        }
        expectAllOf(talk, client);
      },
    );
  }
});

describe("a peer who is told much at the end", () => {
  for (const talk of TALKS) {
    test(`gets ${talk.what} whole, however long it takes, if it takes 128 KiB within timeouts.close`, async () => {
      const { stage, client } = talkedTo(talk);
      for (let rounds = 0; rounds < 8; rounds += 1) {
        await stage.runtime.advance(CLOSE_TIMEOUT - 1);
        client.transport.takes(131_072);
      }
      expectAllOf(talk, client);
      expect(client.transport.isDestroyed).toBe(false);
    });

    test(`of ${talk.what} is let go when it takes less than that`, async () => {
      const { stage, client } = talkedTo(talk);
      client.transport.takes(131_072);
      await stage.runtime.advance(CLOSE_TIMEOUT - 1);
      client.transport.takes(131_071);
      expect(client.transport.isDestroyed).toBe(false);
      await stage.runtime.advance(1);
      expect(client.transport.isDestroyed).toBe(true);
      expect(stage.server.connections).toBe(0);
      expect(stage.runtime.timerCount).toBe(0);
    });
  }
});
