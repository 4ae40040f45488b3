/** Opening handshakes as header lists, for the tests of their judge. */
import type { HeaderList } from "../../src/handshake/header-list.ts";
import type { RequestHead } from "../../src/handshake/request.ts";

/** A key that §1.2 prints. */
export const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

/** What every opening handshake has (§4.2.1). */
export const OPENING: HeaderList = [
  ["Host", "server.example.com"],
  ["Upgrade", "websocket"],
  ["Connection", "Upgrade"],
  ["Sec-WebSocket-Key", KEY],
  ["Sec-WebSocket-Version", "13"],
];

export function opening(changes: Partial<RequestHead> = {}): RequestHead {
  return { method: "GET", target: "/chat", minorVersion: 1, headers: OPENING, ...changes };
}

/** The opening headers without those of these names (as written), and with these behind them. */
export function headersBut(without: readonly string[], ...more: [string, string][]): HeaderList {
  return [...OPENING.filter(([name]) => !without.includes(name)), ...more];
}
