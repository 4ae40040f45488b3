/** HTTP answers that are not what the types say. */
import { describe, expect, test } from "vitest";
import { MisuseError, type ServerError, type UpgradeRequest } from "../../src/index.ts";
import { Stage, settle } from "../stage.ts";
import { GET, RawClient, UPGRADE } from "./raw-client.ts";

const NO_BODY: { what: string; body: unknown }[] = [
  { what: "a number", body: 5 },
  { what: "null", body: null },
  { what: "an ArrayBuffer", body: new ArrayBuffer(2) },
  { what: "a list of numbers", body: [104, 105] },
  { what: "a view of other numbers", body: Uint16Array.of(104, 105) },
  { what: "what has a length", body: { length: 2 } },
  { what: "a stream", body: new ReadableStream() },
];

describe("an answer to a plain request", () => {
  for (const { what, answer } of [
    ...NO_BODY.map(({ what, body }) => ({ what: `with ${what} as its body`, answer: { body } })),
    { what: "that is a string", answer: "hello" },
    { what: "that is a Response of fetch", answer: new Response("hello") },
  ]) {
    test(`${what} is 500, and the error says that it is the hook's mistake`, async () => {
      const errors: ServerError[] = [];
      const stage = new Stage({
        request: () => answer as never,
        error: (_, error) => void errors.push(error as ServerError),
      });
      const client = new RawClient(stage);
      client.says(GET);
      expect(client.status).toBe(500);
      expect(errors.map(({ cause }) => cause)).toEqual([expect.any(MisuseError)]);
    });
  }
});

describe("a refusal", () => {
  for (const { what, options } of [
    ...NO_BODY.map(({ what, body }) => ({ what: `with ${what} as its body`, options: { body } })),
    { what: "whose options are a string", options: "hello" },
    { what: "whose options are null", options: null },
  ]) {
    test(`${what} is a mistake, and another one may follow`, async () => {
      const stage = new Stage({
        upgrade(request) {
          expect(() => request.reject(403, options as never)).toThrow(MisuseError);
          return request.reject(429);
        },
      });
      const client = new RawClient(stage);
      client.says(UPGRADE);
      await settle();
      expect(client.status).toBe(429);
    });
  }
});

describe("the signal of a request that was decided about by a hook that goes on", () => {
  for (const { what, decide } of [
    { what: "accepted", decide: (request: UpgradeRequest) => request.accept() },
    { what: "rejected", decide: (request: UpgradeRequest) => request.reject() },
  ]) {
    test(`does not abort when the connection ends, once it was ${what}`, async () => {
      const seen: UpgradeRequest[] = [];
      const stage = new Stage({
        upgrade(request) {
          seen.push(request as UpgradeRequest);
          decide(request as UpgradeRequest);
          return new Promise<boolean>(() => {});
        },
      });
      for (const isLookedAt of [true, false]) {
        const client = new RawClient(stage);
        client.says(UPGRADE);
        const request = seen.at(-1)!;
        const signal = isLookedAt ? request.signal : null;
        client.transport.breaks("ECONNRESET");
        expect((signal ?? request.signal).aborted).toBe(false);
      }
    });
  }
});
