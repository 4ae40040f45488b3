import { describe, expect, test } from "vitest";
import { isControl, isReserved, Opcode } from "../../src/frame/opcode.ts";

/** RFC 6455 §5.2 and §11.8, all sixteen. */
const REGISTRY: readonly {
  readonly opcode: number;
  readonly name: string;
  readonly control: boolean;
  readonly reserved: boolean;
}[] = [
  { opcode: 0x0, name: "Continuation", control: false, reserved: false },
  { opcode: 0x1, name: "Text", control: false, reserved: false },
  { opcode: 0x2, name: "Binary", control: false, reserved: false },
  ...[0x3, 0x4, 0x5, 0x6, 0x7].map((opcode) => ({
    opcode,
    name: "a further non-control frame",
    control: false,
    reserved: true,
  })),
  { opcode: 0x8, name: "Close", control: true, reserved: false },
  { opcode: 0x9, name: "Ping", control: true, reserved: false },
  { opcode: 0xa, name: "Pong", control: true, reserved: false },
  ...[0xb, 0xc, 0xd, 0xe, 0xf].map((opcode) => ({
    opcode,
    name: "a further control frame",
    control: true,
    reserved: true,
  })),
];

describe("opcodes (§5.2, §5.5)", () => {
  for (const { opcode, name, control, reserved } of REGISTRY) {
    test(`0x${opcode.toString(16)} is ${name}, ${control ? "" : "not "}a control frame, ${reserved ? "" : "not "}reserved`, () => {
      expect(isControl(opcode)).toBe(control);
      expect(isReserved(opcode)).toBe(reserved);
      expect(Object.entries(Opcode).find(([, value]) => value === opcode)?.[0]).toBe(
        reserved ? undefined : name,
      );
    });
  }
});
