/** The fact `view`: the payload of a step as an array. */
import { describe, expect, test } from "vitest";
import { type Endpoint, openEndpoint, Step } from "../../src/index.ts";
import { bytesOf, concat, masked } from "../wire.ts";

const host = { random: (into: Uint8Array) => void into.fill(7) };

function opened(): Endpoint {
  const endpoint = openEndpoint("server", {}, { host }, 0);
  endpoint.next();
  return endpoint;
}

const PAYLOADS = ["first", "second, longer", "", "x".repeat(70_000), "last"];
const WIRE = concat(...PAYLOADS.map((payload) => masked(2, payload)));

describe("the view of a message", () => {
  for (const size of [7, 1_000, 65_536, WIRE.length]) {
    test(`is its payload, and no byte more, with input in pieces of ${size} bytes`, () => {
      const endpoint = opened();
      const seen: string[] = [];
      for (let at = 0; at < WIRE.length; at += size) {
        endpoint.receive(WIRE.slice(at, at + size), 0);
        for (let step = endpoint.next(); step !== Step.Idle; step = endpoint.next()) {
          const { view, chunk, start, end } = endpoint;
          expect(view.length).toBe(end - start);
          expect(view.buffer).toBe(chunk.buffer);
          seen.push(String.fromCharCode(...view.subarray(0, 20)));
        }
      }
      expect(seen).toEqual(PAYLOADS.map((payload) => payload.slice(0, 20)));
    });
  }

  test("outlives setAside when it is asked for again", () => {
    const endpoint = opened();
    endpoint.receive(WIRE, 0);
    endpoint.next();
    endpoint.setAside();
    expect(endpoint.view).toEqual(bytesOf("first"));
  });

  test("is empty where there is no message", () => {
    expect(opened().view).toEqual(new Uint8Array(0));
  });
});
