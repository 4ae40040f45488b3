/**
 * The messages between the page and the server: one JSON object in one text message. What the page says is checked here
 * by hand, member by member; what is wrong with it is a sentence that goes back to the page.
 */

import { type Checked, checkName, checkText } from "./plain-text.ts";
import type { WireItem } from "./wire-report.ts";

/** UTF-16 code units, as the page's `maxlength` counts them. */
export const LIMITS = { name: 24, room: 24, text: 2_000, key: 40 } as const;

/** Bytes of one message from a page: the longest text, every character of it escaped, and its frame of JSON. */
export const MESSAGE_BYTES = 16_384;

/** The newest message that a page has of a room. */
export interface Since {
  /** Which log it is of: a room that has begun anew counts anew. */
  readonly log: string;
  readonly id: number;
}

export type ClientMessage =
  /**
   * Enters a room, with a name; leaves the one before. The same room again: comes back, or has another name. `tab` is the
   * secret of one tab of a browser: who has the secret may have the name that another connection of the tab has.
   */
  | {
      readonly type: "join";
      readonly room: string;
      readonly name: string;
      readonly since: Since | null;
      readonly tab: string | null;
    }
  /** `key` is the page's own: saying the same thing twice, with one key, says it once. */
  | { readonly type: "say"; readonly key: string; readonly text: string }
  | { readonly type: "typing" }
  /** Whether to be told of the frames of this connection. */
  | { readonly type: "watch"; readonly on: boolean }
  /** Is anybody there? */
  | { readonly type: "probe" };

export interface Entry {
  readonly text: string;
  readonly name: string;
  /** The colour of the name when it said this. */
  readonly hue: number;
  /** Counts up from 1 in each log. */
  readonly id: number;
  /** ms since 1970 */
  readonly at: number;
  readonly key: string;
}

export interface Person {
  readonly name: string;
  /** Connections of that name: more than one for a tab that was duplicated, or that has lost one and come back. */
  readonly connections: number;
  /** One of eight colours. */
  readonly hue: number;
}

/** A person as they are now, or the name of one who is gone. */
export type PersonChange = Person | { readonly name: string; readonly connections: 0 };

export interface RoomCount {
  readonly name: string;
  /** How many names are there. */
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
      /** The messages that the page does not have, oldest first. */
      readonly entries: readonly Entry[];
      /** Something between what the page has and `entries` is no longer kept. */
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
  /** A sentence for whoever uses the page. */
  readonly why: string;
  /** The `say` that it is about. */
  readonly key?: string;
  /** The name is what was refused: with another one it may go better. */
  readonly isOfName?: true;
}

/** @param data a message as it came. */
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

/** In small letters. Checked in them again: some have more characters, or are composed otherwise. */
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
