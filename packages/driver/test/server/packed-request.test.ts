/** A request as one string. */
import { expect, test } from "vitest";
import { PACKED, pack, packPlainly, unpack } from "../../src/server/packed-request.ts";
import type { UpgradeFields } from "../../src/server/request-view.ts";

const key: [string, string] = ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="];

const browser: UpgradeFields["headers"] = [
  ["Host", "example.com"],
  ["Connection", "Upgrade"],
  ["Pragma", "no-cache"],
  ["Cache-Control", "no-cache"],
  ["User-Agent", "Mozilla/5.0"],
  ["Upgrade", "websocket"],
  ["Origin", "https://example.com"],
  ["Sec-WebSocket-Version", "13"],
  ["Accept-Encoding", "gzip, deflate, br, zstd"],
  ["Accept-Language", "en"],
  key,
  ["Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"],
];

const requests: readonly [what: string, headers: UpgradeFields["headers"]][] = [
  ["no header", []],
  ["the headers of a browser", browser],
  ["common names in another case", browser.map(([name, value]) => [name.toLowerCase(), value])],
  ["a common line with more behind it", [["Connection", "Upgrade, x"], key]],
  ["a common name without a value", [["User-Agent", ""]]],
  ["a value that is all colons", [["User-Agent", ":::"]]],
  ["bytes above ASCII in a value", [["X-Name", "\u0080\u00ff"]]],
];

function fieldsWith(headers: UpgradeFields["headers"]): UpgradeFields {
  return {
    method: "GET",
    target: "/chat?a=b",
    host: "example.com",
    origin: "https://example.com",
    protocols: ["a", "b"],
    headers,
  };
}

test.each(requests)("%s come back as they were", (_what, headers) => {
  const fields = fieldsWith(headers);
  expect(unpack(pack(fields))).toEqual(fields);
  expect(unpack(packPlainly(fields))).toEqual(fields);
  expect(packPlainly(fields)).toMatch(PACKED);
});

test("the common lines of a browser take one character each, and a common name one with its colon", () => {
  const fields = fieldsWith(browser);
  expect(packPlainly(fields).length - pack(fields).length).toBe(237);
});
