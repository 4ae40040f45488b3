/** Frames, headers, bodies of a Close and bytes that are not UTF-8, as the readers of this package see them. */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  brokenCloseBodies,
  closeBodies,
  encodeFrame,
  frameHeaders,
  frames,
  fromHex,
  invalidUtf8,
  readFrames,
  readUtf8,
  verdictOf,
} from "../../src/index.ts";

test("a header is read as it was made, and ends with its last byte", () => {
  fc.assert(
    fc.property(frameHeaders(), ({ frame, bytes }) => {
      const [read] = readFrames(bytes);
      const { fin, rsv, opcode, key, lengthBytes, declaredLength } = frame;
      expect(read).toMatchObject({ fin, rsv, opcode, key, lengthBytes, length: declaredLength });
      expect(read!.payloadStart).toBe(bytes.length);
    }),
  );
});

test.each(["client", "server"] as const)("a frame for a %s is lawful in its place", (role) => {
  fc.assert(
    fc.property(frames(role), ({ frame, bytes }) => {
      expect(readFrames(bytes)).toMatchObject([{ isWhole: true, opcode: frame.opcode }]);
      const { fault } = verdictOf(bytes, { role });
      if (frame.opcode === 0) expect(fault?.rule).toBe("stray continuation");
      else expect(fault).toBeNull();
    }),
  );
});

const closed = (payload: Uint8Array) =>
  verdictOf(encodeFrame({ fin: true, rsv: 0, opcode: 8, payload, key: fromHex("01020304") }), {
    role: "server",
  });

test("the body of a Close is taken, or breaks the rule of its tag", () => {
  fc.assert(fc.property(closeBodies(), (body) => closed(body).ends[0]!.kind === "close"));
  fc.assert(
    fc.property(brokenCloseBodies(), ({ body, rule }) => {
      expect(closed(body).fault?.rule).toBe(rule);
      expect(body.length).toBeLessThanOrEqual(125);
    }),
  );
});

test("bytes that are not UTF-8 are bad at the offset that is named", () => {
  fc.assert(
    fc.property(invalidUtf8(), ({ bytes, offset }) => {
      const { badAt, openAt } = readUtf8(bytes);
      if (offset === bytes.length) expect(openAt).not.toBeNull();
      else expect(badAt).toBe(offset);
    }),
  );
});
