/** The law of `laws/last-word.ts`, put to the driver. */
import { describe, test } from "vitest";
import { lastWordLaw } from "../laws/last-word.ts";

describe("whoever takes the messages before the end, at every cutting", () => {
  test("answers all of them before our Close", () => lastWordLaw());
});
