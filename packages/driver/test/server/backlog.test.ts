import { expect, test } from "vitest";
import { type ListenOptions, MisuseError } from "../../src/index.ts";
import { createAdapter } from "../adapter.ts";
import { VirtualRuntime } from "../stage.ts";

const listened: ListenOptions[] = [];
const { serve } = createAdapter({
  runtime: new VirtualRuntime(),
  dialer: { dial: () => Promise.reject(new Error("no network here")) },
  listen(_acceptor, options) {
    listened.push(options);
    return { address: { hostname: "::", port: 80 }, close: async () => {} };
  },
});

test("a backlog reaches the runtime as it was given", async () => {
  await serve({ backlog: 5 });
  expect(listened.at(-1)?.backlog).toBe(5);
});

test.each([0, -1, 1.5, "5", 1e10, Number.POSITIVE_INFINITY])(
  "a backlog of %s is a mistake",
  async (backlog) => {
    await expect(serve({ backlog: backlog as number })).rejects.toBeInstanceOf(MisuseError);
  },
);
