/** Whatever stands in an option, it is taken or it is a MisuseError: nobody hears of it first when a peer comes. */

import { describe, expect, test, vi } from "vitest";
import { CONNECT_OPTION_NAMES } from "../src/client/connect-options.ts";
import { ConnectError, MisuseError } from "../src/index.ts";
import { KNOWN_SERVE_OPTIONS } from "../src/server/server-options.ts";
import { createAdapter } from "./adapter.ts";
import { RawClient, UPGRADE } from "./server/raw-client.ts";
import { settle, VirtualRuntime } from "./stage.ts";

const ODD: readonly (readonly [name: string, value: unknown])[] = [
  ["null", null],
  ["true", true],
  ["0", 0],
  ["-1", -1],
  ["1.5", 1.5],
  ["NaN", Number.NaN],
  ["a bigint", 5n],
  ["a symbol", Symbol("odd")],
  ["an empty string", ""],
  ["a string", "odd"],
  ["a string with a line end", "a\r\nb"],
  ["an empty list", []],
  ["a list of null", [null]],
  ["a list of symbols", [Symbol("odd")]],
  ["a list of bigints", [5n]],
  ["a list of lists", [["a"]]],
  ["a list of pairs", [[5, 5]]],
  ["an object", {}],
  ["an object without a prototype", Object.create(null)],
  ["an object of null", { odd: null }],
  ["an object of a symbol", { message: Symbol("odd") }],
];

const listener = { address: { hostname: "::", port: 80 }, close: async () => {} };

function adapter(): ReturnType<typeof createAdapter> {
  const dialer = { dial: () => Promise.reject(new Error("no network here")) };
  return createAdapter({ runtime: new VirtualRuntime(), dialer, listen: () => listener });
}

describe.each(Object.keys(KNOWN_SERVE_OPTIONS))("serve with %s", (name) => {
  test.each(ODD)(
    "that is %s serves every client, or rejects with a MisuseError",
    async (_, odd) => {
      const serving = adapter().serve({ error: vi.fn(), [name]: odd } as never);
      const server = await serving.catch((error: unknown) => error);
      if (server instanceof Error) {
        expect(server).toBeInstanceOf(MisuseError);
        return;
      }
      const client = new RawClient({ server: (await serving) as never });
      client.says(
        UPGRADE.replace(
          "\r\n\r\n",
          "\r\nSec-WebSocket-Protocol: odd\r\nSec-WebSocket-Extensions: odd\r\n\r\n",
        ),
      );
      await settle();
      expect([101, 408]).toContain(client.status);
    },
  );
});

describe.each(CONNECT_OPTION_NAMES)("connect with %s", (name) => {
  test.each(ODD)("that is %s dials, or rejects with a MisuseError", async (_, odd) => {
    const connecting = adapter().connect("ws://a", { [name]: odd } as never);
    const error = await connecting.catch((caught: unknown) => caught);
    if (!(error instanceof MisuseError)) expect(error).toBeInstanceOf(ConnectError);
  });
});
