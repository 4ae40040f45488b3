import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { start } from "../src/server.ts";
import { createSite } from "../src/site.ts";

test("a GET of / is answered with the page, and stop() frees the port", async () => {
  const { server, stop } = await start(0, createSite());
  const url = `http://localhost:${(server.address() as AddressInfo).port}/`;
  try {
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(await response.text()).toContain("</html>");
  } finally {
    stop();
  }
  await expect(fetch(url)).rejects.toThrow();
});
