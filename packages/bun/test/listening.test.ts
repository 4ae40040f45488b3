import { serve } from "@sansocket/bun";
import { afterEach, expect, test, vi } from "vitest";

afterEach(() => void vi.restoreAllMocks());

test("where there is no IPv6 a server without a hostname listens on IPv4", async () => {
  const { listen } = Bun;
  vi.spyOn(Bun, "listen").mockImplementation((options: object) => {
    const { hostname } = options as { readonly hostname?: string };
    if (hostname === "::") throw Object.assign(new Error("no IPv6"), { code: "EAFNOSUPPORT" });
    return listen(options as Bun.TCPSocketListenOptions<unknown>) as never;
  });
  await using server = await serve({});
  expect(server.address).toMatchObject({ hostname: "0.0.0.0" });
});

test("a port that is taken on all addresses is refused, and not taken on those of IPv4", async () => {
  await using server = await serve({});
  const { port } = server.address as { port: number };
  await expect(serve({ port })).rejects.toThrow("EADDRINUSE");
});
