/**
 * The messages between the page and the server: one JSON object in one text message. This file checks the page's messages by hand,
 * member by member. For a mistake a sentence goes back to the page.
 */

import { type Checked, checkName, checkText } from "./plain-text.ts";
import type { WireItem } from "./wire-report.ts";

/** UTF-16 code units, as the page's `maxlength` counts them. */
export const LIMITS = { name: 24, room: 24, text: 2_000, key: 40 } as const;

/** Bytes of one message from a page: the longest text with every character escaped, and the JSON around it. */
export const MESSAGE_OCTETS = 16_384;

/** The newest message of a room that a page has. */
export interface Since {
  /** The log of the message. A room that has begun anew has a new log, and counts anew. */
  readonly log: string;
  readonly id: number;
}

export type ClientMessage =
  /**
   * Enters a room with a name, and leaves the room before. For the same room again the page comes back, or has another name.
   * `tab` is the secret of one tab of a browser. A connection with the secret may have the name of the tab's other connections.
   */
  | {
      readonly type: "join";
      readonly room: string;
      readonly name: string;
      readonly since: Since | null;
      readonly tab: string | null;
    }
  /** The page chooses `key`. Two messages with one key count as one message. */
  | { readonly type: "say"; readonly key: string; readonly text: string }
  | { readonly type: "typing" }
  /** Whether the page wants reports about the frames of this connection. */
  | { readonly type: "watch"; readonly on: boolean }
  /** Asks whether the server is alive. */
  | { readonly type: "probe" };

export interface Entry {
  readonly text: string;
  readonly name: string;
  /** The colour of the name at the time of the message. */
  readonly hue: number;
  /** Counts up from 1 in each log. */
  readonly id: number;
  /** ms since 1970 */
  readonly at: number;
  readonly key: string;
}

export interface Person {
  readonly name: string;
  /** Connections of that name. A duplicated tab has more than one, and so has a tab that lost a connection and came back. */
  readonly connections: number;
  /** One of eight colours. */
  readonly hue: number;
}

/** A person as they are now, or the name of a person that has left. */
export type PersonChange = Person | { readonly name: string; readonly connections: 0 };

export interface RoomCount {
  readonly name: string;
  /** The number of names in the room. */
  readonly people: number;
}

/** `people` is null when the room is no longer listed. */
export interface RoomChange {
  readonly name: string;
  readonly people: number | null;
}

export type ServerMessage =
  | {
      readonly type: "joined";
      readonly room: string;
      readonly name: string;
      readonly log: string;
      /** The entries that the page does not have, oldest first. */
      readonly entries: readonly Entry[];
      /** Entries are missing between the page's own entries and `entries`, because the server no longer has them. */
      readonly isGap: boolean;
      readonly people: readonly Person[];
    }
  | { readonly type: "entry"; readonly entry: Entry }
  /** The changes of the people since the last such message, or since `joined`. */
  | { readonly type: "people"; readonly changed: readonly PersonChange[] }
  /** All rooms: once for each connection, with its first `joined`. */
  | { readonly type: "rooms"; readonly rooms: readonly RoomCount[] }
  | { readonly type: "room-counts"; readonly changed: readonly RoomChange[] }
  | { readonly type: "typing"; readonly name: string }
  | { readonly type: "frames"; readonly items: readonly WireItem[] }
  | { readonly type: "alive" }
  | Refusal;

export interface Refusal {
  readonly type: "refused";
  /** A sentence for the user of the page. */
  readonly why: string;
  /** The key of the refused `say`. */
  readonly key?: string;
  /** The server refused the name. Another name may be accepted. */
  readonly isOfName?: true;
}

/** @param data a received message. */
export function readClientMessage(data: string | Uint8Array): ClientMessage | Refusal {
  if (typeof data !== "string") return refusal("Messages are JSON in text, this one is binary");
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return refusal("The message is not JSON");
  }
  if (!isObject(value)) return refusal("The message is not a JSON object");
  switch (value["type"]) {
    case "join":
      return readJoin(value);
    case "say":
      return readSay(value);
    case "typing":
      return { type: "typing" };
    case "watch":
      if (typeof value["on"] !== "boolean") return refusal("`on` is not true or false");
      return { type: "watch", on: value["on"] };
    case "probe":
      return { type: "probe" };
    default:
      return refusal("`type` is not one of join, say, typing, watch, probe");
  }
}

function readJoin({ room, name, since, tab }: JsonObject): ClientMessage | Refusal {
  if (typeof room !== "string") return refusal("`room` is not a string");
  if (typeof name !== "string") return refusal("`name` is not a string");
  const roomName = checkRoom(room);
  if (roomName.fault !== undefined) return refusal(roomName.fault);
  const personName = checkName(name, "A name", LIMITS.name);
  if (personName.fault !== undefined) return nameRefusal(personName.fault);
  const last = readSince(since);
  if (last === undefined) return refusal("`since` is not null or {log, id}");
  if (tab !== undefined && tab !== null && !isKey(tab)) return refusal(`\`tab\` is not ${A_KEY}`);
  return {
    type: "join",
    room: roomName.text,
    name: personName.text,
    since: last,
    tab: tab ?? null,
  };
}

/** In small letters, and checked again: a name in small letters may have more characters, or another composition. */
function checkRoom(room: string): Checked {
  const what = "The name of a room";
  const checked = checkName(room, what, LIMITS.room);
  if (checked.fault !== undefined) return checked;
  return checkName(checked.text.toLowerCase(), what, LIMITS.room);
}

function readSince(value: unknown): Since | null | undefined {
  if (value === null || value === undefined) return null;
  if (!isObject(value)) return undefined;
  const { log, id } = value;
  if (typeof log !== "string" || log.length > LIMITS.key) return undefined;
  if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 0) return undefined;
  return { log, id };
}

function readSay({ key, text }: JsonObject): ClientMessage | Refusal {
  if (!isKey(key)) return refusal(`\`key\` is not ${A_KEY}`);
  if (typeof text !== "string") return refusal("`text` is not a string", key);
  const checked = checkText(text, LIMITS.text);
  if (checked.fault !== undefined) return refusal(checked.fault, key);
  return { type: "say", key, text: checked.text };
}

const A_KEY = `a string of 1 to ${LIMITS.key} characters`;

function isKey(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= LIMITS.key;
}

type JsonObject = { readonly [name: string]: unknown };

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function refusal(why: string, key?: string): Refusal {
  return key === undefined ? { type: "refused", why } : { type: "refused", why, key };
}

export function nameRefusal(why: string): Refusal {
  return { type: "refused", why, isOfName: true };
}
