import { expect, test } from "vitest";
import { MisuseError } from "../../src/bytes/misuse-error.ts";

test("a MisuseError is an Error that can be told from others by class and by name", () => {
  const error = new MisuseError("options.host is missing");
  expect(error).toBeInstanceOf(Error);
  expect(error).toBeInstanceOf(MisuseError);
  expect(error.name).toBe("MisuseError");
  expect(String(error)).toBe("MisuseError: options.host is missing");
});
