import { expect, test } from "vitest";
import { hexDigitValue } from "../../src/bytes/digit.ts";

test("hexDigitValue agrees with parseInt on every hexadecimal digit, and is -1 for every other code", () => {
  for (let code = 0; code < 0x300; code += 1) {
    const character = String.fromCharCode(code);
    const isDigit = "0123456789abcdefABCDEF".includes(character);
    const value = isDigit ? Number.parseInt(character, 16) : -1;
    expect(hexDigitValue(code), `code ${code}`).toBe(value);
  }
});

test("hexDigitValue is -1 behind the end of a text, where there is no code", () => {
  expect(hexDigitValue("".charCodeAt(0))).toBe(-1);
});
