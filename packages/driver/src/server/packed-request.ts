/**
 * A request as one string, for as long as its connection is open: the application may never look at the request again. One string
 * costs a fourth of the memory of a list of header lines, which takes some 800 bytes for a browser's request.
 *
 * No part of a request has a line end, and no part of the first line has a space. The string holds the fields that core has
 * judged, so that no field is judged again: the host of an absolute target stands in no header line, and a Host field beside
 * such a target may be empty (RFC 9112 §3.2.2).
 */
import type { UpgradeFields } from "./request-view.ts";

/**
 * The header lines of most opening handshakes, and beginnings of them. Each has a character of its own in a packed request.
 * A header name is ASCII, so a line that begins with another character begins with one of these.
 */
const COMMON: readonly string[] = [
  "Upgrade:websocket",
  "Connection:Upgrade",
  "Connection:keep-alive, Upgrade",
  "Sec-WebSocket-Version:13",
  "Sec-WebSocket-Key:",
  "Sec-WebSocket-Extensions:permessage-deflate; client_max_window_bits",
  "Pragma:no-cache",
  "Cache-Control:no-cache",
  "Accept-Encoding:gzip, deflate, br, zstd",
  "Accept-Language:",
  "User-Agent:",
];
const FIRST_CODE = 0x80;
const CODES: ReadonlyMap<string, string> = new Map(
  COMMON.map((text, index) => [text, String.fromCharCode(FIRST_CODE + index)]),
);

/** Writes what {@link unpack} reads. */
export function pack(fields: UpgradeFields): string {
  return written(fields, (name, value) => {
    const line = `${name}:${value}`;
    const code = CODES.get(`${name}:`);
    return CODES.get(line) ?? (code === undefined ? line : code + value);
  });
}

/**
 * Without the characters for common lines, which may be others in another release: for a connection that moves to another
 * process. {@link unpack} reads this too.
 */
export function packPlainly(fields: UpgradeFields): string {
  return written(fields, (name, value) => `${name}:${value}`);
}

/** Method, target, host and protocols; the origin; header lines. */
function written(
  { method, target, host, origin, protocols, headers }: UpgradeFields,
  lineOf: (name: string, value: string) => string,
): string {
  const lines = [
    `${method} ${target} ${host} ${protocols.join(",")}`,
    origin === null ? NO_ORIGIN : `${ORIGIN}${origin}`,
  ];
  for (const [name, value] of headers) lines.push(lineOf(name, value));
  return lines.join("\n");
}

/** The form that {@link packPlainly} writes. */
export const PACKED: RegExp = /^[^ \n]+ [^ \n]+ [^ \n]* [^ \n]*\n(-|\+[^\n]*)(\n[^\n:]+:[^\n]*)*$/;
const NO_ORIGIN = "-";
const ORIGIN = "+";

export function unpack(packed: string): UpgradeFields {
  const [first, origin, ...lines] = packed.split("\n");
  const [method, target, host, protocols] = first!.split(" ");
  return {
    method: method!,
    target: target!,
    host: host!,
    origin: origin === NO_ORIGIN ? null : origin!.slice(ORIGIN.length),
    protocols: protocols === "" ? [] : protocols!.split(","),
    headers: lines.map((line): [string, string] => {
      const common = COMMON[line.charCodeAt(0) - FIRST_CODE];
      const text = common === undefined ? line : common + line.slice(1);
      const colon = text.indexOf(":");
      return [text.slice(0, colon), text.slice(colon + 1)];
    }),
  };
}
