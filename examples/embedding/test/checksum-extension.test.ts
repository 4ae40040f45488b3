/** The extension that docs/extensions.md explains keeps the laws, and finds what it is there to find. */
import { clientEndpoint, type Endpoint, Step, serverEndpoint } from "@sansocket/core";
import {
  cuttingLaw,
  linearWorkLaw,
  oneEndLaw,
  roundTripLaw,
  sansocketEngine,
  totalityLaw,
} from "@sansocket/testing";
import { describe, expect, test } from "vitest";
import { checksum } from "../src/checksum-extension.ts";

const extensions = () => [checksum()];
const agreed = { client: extensions, server: extensions };
const engine = sansocketEngine({ extensions, agreed });

const host = { random: (into: Uint8Array<ArrayBuffer>) => void into.fill(0) };

/** A client and a server that have agreed on the extension, and the bytes of a message of the client's. */
function agreedPair(): { client: Endpoint; server: Endpoint; message: Uint8Array } {
  const client = clientEndpoint({ host, url: "ws://a/", extensions: extensions() }, 0);
  const server = serverEndpoint({ host, extensions: extensions() }, 0);
  pass(client, server);
  while (server.next() !== Step.Request);
  server.accept({}, 0);
  pass(server, client);
  while (client.next() !== Step.Open);
  client.sendText("hello");
  const message = transmitted(client);
  return { client, server, message };
}

function transmitted(from: Endpoint): Uint8Array {
  while (from.next() !== Step.Idle);
  const bytes = (from.transmit(0)?.chunks ?? []).flatMap((chunk) => [...chunk]);
  from.sent(0);
  return Uint8Array.from(bytes);
}

function pass(from: Endpoint, to: Endpoint): void {
  to.receive(transmitted(from), 0);
}

describe("the extension with a checksum", () => {
  test.each([
    ["cuttingLaw", cuttingLaw],
    ["linearWorkLaw", linearWorkLaw],
    ["oneEndLaw", oneEndLaw],
    ["roundTripLaw", roundTripLaw],
    ["totalityLaw", totalityLaw],
  ])("keeps %s", (_, law) => law(engine, { runs: 200, extensions: agreed }));

  test("adds four bytes to a message, sets RSV2, and is not seen by who receives it", () => {
    const { client, server, message } = agreedPair();
    expect(client.extensions).toEqual([{ name: "x-adler32", parameters: [] }]);
    // §5.2: FIN, RSV2 and the opcode of text; then the length.
    expect([...message.slice(0, 2)]).toEqual([0x80 | 0x20 | 0x1, 0x80 | ("hello".length + 4)]);
    server.receive(message, 0);
    while (server.next() !== Step.Text);
    expect(server.text).toBe("hello");
  });

  test("makes a changed byte a violation, which closes with 1007", () => {
    const { server, message } = agreedPair();
    message[message.length - 5]! ^= 1;
    server.receive(message, 0);
    let step = server.next();
    while (step !== Step.Violation && step !== Step.Text) step = server.next();
    expect(server.violation).toMatchObject({ kind: "extension-data-corrupt", closeCode: 1007 });
  });

  test("is not used where the server has other parameters in mind", () => {
    const offers = [{ name: "x-adler32", parameters: [{ name: "size", value: "8" }] }];
    expect(checksum().accept?.(offers)).toBeNull();
  });
});
