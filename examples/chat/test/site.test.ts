import { describe, expect, test } from "vitest";
import { readPageFiles } from "../src/page-files.ts";
import { createSite, type SiteResponse } from "../src/site.ts";

const bytes = new TextEncoder().encode("<!doctype html>");
const site = await createSite(new Map([["/", { type: "text/html; charset=utf-8", bytes }]]));

function ask(target: string, method = "GET", headers: Record<string, string> = {}): SiteResponse {
  return site({ method, target, headers: new Headers(headers) });
}

const etag = ask("/").headers["ETag"]!;

describe("a file", () => {
  test.each([
    ["/", "GET"],
    ["/?query=1", "GET"],
    ["/", "HEAD"],
  ])("%s is there for %s", (target, method) => {
    const response = ask(target, method);
    expect(response).toMatchObject({ status: 200, body: bytes });
    expect(response.headers["Content-Type"]).toBe("text/html; charset=utf-8");
    expect(response.headers["Content-Security-Policy"]).toMatch(/^default-src 'none'; /);
  });

  test.each([
    ["its tag", etag],
    ["its tag, made weak on the way", `W/${etag}`],
    ["its tag among others", `"other" ,${etag}`],
    ["any tag", "*"],
  ])("is not sent again to who has %s", (_what, known) => {
    const response = ask("/", "GET", { "If-None-Match": known });
    expect(response.status).toBe(304);
    expect(response.body).toBeUndefined();
    expect(response.headers["ETag"]).toBe(etag);
  });

  test("is sent to who has another one", async () => {
    const file = { type: "text/html", bytes: new Uint8Array(3) };
    const other = await createSite(new Map([["/", file]]));
    const headers = new Headers({ "If-None-Match": etag });
    expect(other({ method: "GET", target: "/", headers }).status).toBe(200);
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS"])(
    "refuses %s with 405, and says what it takes",
    (method) => {
      const response = ask("/", method);
      expect(response.status).toBe(405);
      expect(response.headers["Allow"]).toBe("GET, HEAD");
    },
  );
});

test.each(["/none", "//", "/../package.json", "/%2e%2e/package.json", "*", ""])(
  "%j is not there",
  (target) => {
    expect(ask(target)).toMatchObject({ status: 404 });
  },
);

describe("the page's files", () => {
  const files = readPageFiles();
  const text = (path: string): string => new TextDecoder().decode(files.get(path)!.bytes);

  test("each has a type, and something in it", () => {
    for (const [path, { type, bytes }] of files) {
      expect(type, path).toMatch(/^\w+\/[\w+]+/);
      expect(bytes.length, path).toBeGreaterThan(0);
    }
  });

  test("whatever they name of this server is served", () => {
    const sources = [...files.keys()].filter((path) => !path.endsWith(".woff2"));
    const named = sources.flatMap((path) =>
      Array.from(
        text(path).matchAll(/["(]\.?(\/[\w./-]+\.(?:js|css|svg|woff2))["?)#]/g),
        ([, to]) => to!,
      ),
    );
    expect(named.length).toBeGreaterThanOrEqual(files.size - 2);
    for (const path of named) expect(files.has(path), path).toBe(true);
  });

  test("they name no other server, and make no HTML of text", () => {
    for (const path of files.keys()) {
      if (path.endsWith(".woff2")) continue;
      expect(text(path), path).not.toMatch(
        /(?:src|href)="(?:https?:)?\/\/|@import|innerHTML|insertAdjacentHTML/,
      );
    }
  });
});
