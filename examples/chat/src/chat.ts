/**
 * Rooms, who is in them, and what was said: without network or clock. A message goes in, what is to be sent to whom comes
 * out. A connection is whatever has the members of {@link Member}.
 */
import { type Allowance, take } from "./allowance.ts";
import {
  type ClientMessage,
  type Entry,
  type Person,
  type Refusal,
  type RoomCount,
  refusal,
  type ServerMessage,
  type Since,
} from "./protocol.ts";

export interface Member {
  name: string;
  /** Null before the first `join`. */
  room: string | null;
  readonly allowance: Allowance;
}

export interface Room<M extends Member> {
  readonly name: string;
  /** Another one for each room, and for each time that a room begins anew. */
  readonly log: string;
  readonly members: Set<M>;
  /** The newest, oldest first. */
  readonly entries: Entry[];
  lastId: number;
  /** When somebody was last seen there, ms. */
  usedAt: number;
}

export interface Chat<M extends Member> {
  /** Begins the name of every log: another one for each run of the server. */
  readonly run: string;
  readonly rooms: Map<string, Room<M>>;
  roomsOpened: number;
}

/** One message, to these members. */
export interface Delivery<M> {
  readonly to: readonly M[];
  readonly message: ServerMessage;
}

/** Messages kept for each room. */
export const KEPT_ENTRIES = 100;

/** Rooms at once, and members of each: what bounds the memory, together with {@link KEPT_ENTRIES}. */
export const MOST_ROOMS = 64;
export const MOST_MEMBERS = 200;

/** Always there. The first is where everybody begins. */
export const STANDING_ROOMS: readonly string[] = ["lobby", "protocols", "tea room"];

/** @param run what no other run of the server has had. */
export function createChat<M extends Member>(run: string, now: number): Chat<M> {
  const chat: Chat<M> = { run, rooms: new Map(), roomsOpened: 0 };
  for (const name of STANDING_ROOMS) openRoom(chat, name, now);
  return chat;
}

/** What a member's message leads to; one that could not be read goes back with its reason. */
export function handle<M extends Member>(
  chat: Chat<M>,
  member: M,
  message: ClientMessage | Refusal,
  now: number,
): Delivery<M>[] {
  if (!take(member.allowance, now)) {
    const key = "key" in message ? message.key : undefined;
    return [toOne(member, refusal("That was too much at once. Wait a moment", key))];
  }
  switch (message.type) {
    case "join":
      return join(chat, member, message.room, message.name, message.since, now);
    case "say":
      return say(chat, member, message.key, message.text, now);
    case "typing":
      return typing(chat, member);
    case "watch":
      return []; // the frames are the connection's business, not the rooms'
    case "probe":
      return [toOne(member, { type: "alive" })];
    case "refused":
      return [toOne(member, message)];
  }
}

/** A connection is over. */
export function leave<M extends Member>(chat: Chat<M>, member: M, now: number): Delivery<M>[] {
  const room = roomOf(chat, member);
  if (room === null) return [];
  return [...depart(room, member, now), roomsDelivery(chat)];
}

// ---- coming and going

function join<M extends Member>(
  chat: Chat<M>,
  member: M,
  roomName: string,
  name: string,
  since: Since | null,
  now: number,
): Delivery<M>[] {
  const before = roomOf(chat, member);
  let room = chat.rooms.get(roomName) ?? null;
  const isChange = before !== room || room === null;
  if (room === null && !makeRoom(chat)) {
    return [toOne(member, refusal(`There are ${MOST_ROOMS} rooms, and no place for another`))];
  }
  if (isChange && room !== null && room.members.size >= MOST_MEMBERS) {
    return [toOne(member, refusal(`There are ${MOST_MEMBERS} people in that room: it is full`))];
  }
  room ??= openRoom(chat, roomName, now);
  const isNews = isChange || member.name !== name;
  const deliveries = isChange && before !== null ? depart(before, member, now) : [];
  member.name = name;
  member.room = room.name;
  room.members.add(member);
  room.usedAt = now;
  const { log } = room;
  const people = peopleOf(room);
  const entries = entriesSince(room, since);
  const isGap = entries.length > 0 && since?.log === log && entries[0]!.id > since.id + 1;
  const joined = { type: "joined", room: room.name, name, log, entries, isGap, people } as const;
  deliveries.push(toOne(member, joined));
  if (isNews) deliveries.push({ to: others(room, member), message: { type: "people", people } });
  deliveries.push(isChange ? roomsDelivery(chat) : toOne(member, roomsMessage(chat)));
  return deliveries;
}

function depart<M extends Member>(room: Room<M>, member: M, now: number): Delivery<M>[] {
  room.members.delete(member);
  room.usedAt = now;
  member.room = null;
  return [{ to: [...room.members], message: { type: "people", people: peopleOf(room) } }];
}

/** What of the room's log the page has not got. A `since` of another log says nothing about this one. */
function entriesSince<M extends Member>(room: Room<M>, since: Since | null): readonly Entry[] {
  if (since === null || since.log !== room.log) return [...room.entries];
  return room.entries.filter(({ id }) => id > since.id);
}

function openRoom<M extends Member>(chat: Chat<M>, name: string, now: number): Room<M> {
  chat.roomsOpened += 1;
  const log = `${chat.run}.${chat.roomsOpened}`;
  const room = { name, log, members: new Set<M>(), entries: [], lastId: 0, usedAt: now };
  chat.rooms.set(name, room);
  return room;
}

/** Makes place for one room more, if need be by giving up the one that has been empty for longest. */
function makeRoom<M extends Member>(chat: Chat<M>): boolean {
  if (chat.rooms.size < MOST_ROOMS) return true;
  let oldest: Room<M> | null = null;
  for (const room of chat.rooms.values()) {
    if (room.members.size > 0 || STANDING_ROOMS.includes(room.name)) continue;
    if (oldest === null || room.usedAt < oldest.usedAt) oldest = room;
  }
  return oldest !== null && chat.rooms.delete(oldest.name);
}

// ---- talking

function say<M extends Member>(
  chat: Chat<M>,
  member: M,
  key: string,
  text: string,
  now: number,
): Delivery<M>[] {
  const room = roomOf(chat, member);
  if (room === null) return [toOne(member, refusal("Join a room first", key))];
  // The page did not hear of our answer, and has asked again.
  const said = room.entries.find((entry) => entry.key === key);
  if (said !== undefined) return [toOne(member, { type: "entry", entry: said })];
  room.lastId += 1;
  // The text first: so it is the first thing that one reads of its frame.
  const entry: Entry = { text, name: member.name, id: room.lastId, at: now, key };
  room.entries.push(entry);
  if (room.entries.length > KEPT_ENTRIES) room.entries.shift();
  room.usedAt = now;
  return [{ to: [...room.members], message: { type: "entry", entry } }];
}

function typing<M extends Member>(chat: Chat<M>, member: M): Delivery<M>[] {
  const room = roomOf(chat, member);
  if (room === null) return [toOne(member, refusal("Join a room first"))];
  return [{ to: others(room, member), message: { type: "typing", name: member.name } }];
}

// ---- facts

function roomOf<M extends Member>(chat: Chat<M>, member: M): Room<M> | null {
  return member.room === null ? null : (chat.rooms.get(member.room) ?? null);
}

function others<M extends Member>(room: Room<M>, member: M): M[] {
  return [...room.members].filter((other) => other !== member);
}

/** In the order of their names; the same everywhere, whatever the server's language. */
function peopleOf<M extends Member>(room: Room<M>): Person[] {
  return Array.from(namesIn(room), ([name, connections]) => ({ name, connections })).sort(
    (one, other) => (one.name < other.name ? -1 : 1),
  );
}

/** How many connections there are of each name. */
function namesIn<M extends Member>({ members }: Room<M>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { name } of members) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** The standing rooms, and those where somebody is, oldest first. */
function roomsMessage<M extends Member>(chat: Chat<M>): ServerMessage {
  const rooms: RoomCount[] = [];
  for (const room of chat.rooms.values()) {
    if (room.members.size === 0 && !STANDING_ROOMS.includes(room.name)) continue;
    rooms.push({ name: room.name, people: namesIn(room).size });
  }
  return { type: "rooms", rooms };
}

function roomsDelivery<M extends Member>(chat: Chat<M>): Delivery<M> {
  const to = [...chat.rooms.values()].flatMap(({ members }) => [...members]);
  return { to, message: roomsMessage(chat) };
}

function toOne<M extends Member>(member: M, message: ServerMessage): Delivery<M> {
  return { to: [member], message };
}
