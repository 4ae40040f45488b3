import { expect, test } from "vitest";
import * as internals from "../src/kernels/core-internals.ts";

test("the part about kernels has every function of core that it measures", () => {
  expect(Object.values(internals).map((one) => typeof one)).toEqual(Array(8).fill("function"));
});
