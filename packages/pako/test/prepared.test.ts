/** A broadcast: one message is compressed once for all receivers with equal terms. */
import { prepareMessage } from "@sansocket/core";
import { zlibCodec } from "@sansocket/zlib";
import { describe, expect, test } from "vitest";
import { counting, type Opened, openServer, takeOutput, turn } from "./endpoints.ts";
import { CODECS } from "./sessions.ts";

const TEXT = JSON.stringify({ room: "a", text: "hello ".repeat(400) });

function crowd(codec: ReturnType<typeof counting>, count: number, opened: Opened = {}) {
  return Array.from({ length: count }, () => {
    const endpoint = openServer(codec, opened);
    turn(endpoint);
    return endpoint;
  });
}

describe.each(CODECS)("a message that is prepared, with %s,", (_name, codec) => {
  test("is compressed once for 100 connections with equal terms, and all get the same bytes", () => {
    const counted = counting(codec);
    const message = prepareMessage(TEXT);
    const frames = crowd(counted, 100).map((endpoint) => {
      endpoint.sendPrepared(message);
      return takeOutput(endpoint);
    });
    expect(counted.deflations).toBe(1);
    for (const frame of frames) {
      expect(frame[0]).toBe(0xc1);
      expect(frame).toEqual(frames[0]);
    }
  });

  test("is compressed once for each of the terms that there are", () => {
    const counted = counting(codec);
    const message = prepareMessage(TEXT);
    const terms: readonly Opened[] = [
      {},
      { offer: "; server_max_window_bits=9" },
      { offer: "; server_max_window_bits=12" },
      { options: { level: 9 } },
      { options: { memLevel: 1 } },
    ];
    for (const opened of terms) {
      for (const endpoint of crowd(counted, 10, opened)) endpoint.sendPrepared(message);
    }
    expect(counted.deflations).toBe(terms.length);
  });

  test("is compressed anew by whoever sends it plainly, and not at all with compress: false", () => {
    const counted = counting(codec);
    const [one, other] = crowd(counted, 2);
    const message = prepareMessage(TEXT);
    one!.sendPrepared(message, false);
    expect(takeOutput(one!)[0]).toBe(0x81);
    expect(counted.deflations).toBe(0);
    other!.sendText(TEXT);
    other!.sendText(TEXT);
    expect(counted.deflations).toBe(2);
  });
});

test("a message that is prepared is compressed by each connection whose window goes on behind it", () => {
  const counted = counting(zlibCodec());
  const message = prepareMessage(TEXT);
  const endpoints = crowd(counted, 10, { options: { contextTakeover: true } });
  for (const endpoint of endpoints) {
    endpoint.sendPrepared(message);
    const first = takeOutput(endpoint).length;
    endpoint.sendPrepared(message);
    // The second one refers to the first.
    expect(takeOutput(endpoint).length).toBeLessThan(first);
  }
  expect(counted.deflations).toBe(20);
  expect(counted.deflaters).toBe(10);
  for (const endpoint of endpoints) endpoint.abort(0);
});
