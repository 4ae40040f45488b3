/** Which addresses of a name are dialed is Node's setting, `--no-network-family-autoselection` included. */
import dns from "node:dns";
import { getDefaultAutoSelectFamily, setDefaultAutoSelectFamily } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { connect, serve } from "../src/index.ts";

const original = getDefaultAutoSelectFamily();

afterEach(() => {
  setDefaultAutoSelectFamily(original);
  vi.restoreAllMocks();
});

test.each([[true], [false]])(
  "connect heeds setDefaultAutoSelectFamily(%s)",
  async (isAutomatic) => {
    setDefaultAutoSelectFamily(isAutomatic);
    // With it Node asks for all addresses of a name.
    const lookup = vi.spyOn(dns, "lookup");
    await using server = await serve({ hostname: "127.0.0.1" });
    const port = new URL(server.url).port;
    lookup.mockClear();
    await using _socket = await connect(`ws://localhost:${port}/`);
    const [, options] = lookup.mock.calls[0]! as unknown as [string, { all?: boolean }];
    expect(options.all === true).toBe(isAutomatic);
  },
);
