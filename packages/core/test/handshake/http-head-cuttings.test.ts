import { describe, expect, test } from "vitest";
import { FAULTY_HEADS } from "./faulty-heads.ts";
import { findings, latin1Bytes, readHead } from "./reading-heads.ts";
import { SOUND_HEADS } from "./sound-heads.ts";

const STREAMS = [
  ...SOUND_HEADS.map(({ of, head, because }) => ({ of, stream: `${head}behind it`, because })),
  ...FAULTY_HEADS.map(({ of, good, bad, because }) => ({ of, stream: good + bad, because })),
];

describe("how a stream is cut changes neither the result nor the fault nor its offset", () => {
  test("cut in two at every byte", () => {
    for (const { of, stream, because } of STREAMS) {
      const bytes = latin1Bytes(stream);
      const whole = findings(readHead(of, [bytes]));
      for (let cut = 0; cut <= bytes.length; cut += 1) {
        const parts = [bytes.subarray(0, cut), bytes.subarray(cut)];
        expect(findings(readHead(of, parts)), `cut at ${cut}: ${because}`).toEqual(whole);
      }
    }
  });

  test("one byte at a time", () => {
    for (const { of, stream, because } of STREAMS) {
      const bytes = latin1Bytes(stream);
      const singly = Array.from(bytes, (octet) => Uint8Array.of(octet));
      expect(findings(readHead(of, singly)), because).toEqual(findings(readHead(of, [bytes])));
    }
  });

  test("under every limit on bytes, from none to all that it needs", () => {
    for (const { of, stream, because } of STREAMS.filter((row) => row.stream.length < 300)) {
      const bytes = latin1Bytes(stream);
      const singly = Array.from(bytes, (octet) => Uint8Array.of(octet));
      for (let limit = 0; limit <= bytes.length; limit += 1) {
        for (const limits of [
          { headBytes: limit, headers: 100, lineBytes: 8_192 },
          { headBytes: 16_384, headers: 100, lineBytes: limit },
          { headBytes: 16_384, headers: Math.min(limit, 9), lineBytes: 8_192 },
        ]) {
          const whole = findings(readHead(of, [bytes], limits));
          expect(findings(readHead(of, singly, limits)), because).toEqual(whole);
        }
      }
    }
  });
});
