/**
 * Rooms, who is in them, and what was said: without network or clock. A message goes in, what is to be sent to whom comes
 * out. A connection is whatever has the members of {@link Member}.
 */
import { type Allowance, take } from "./allowance.ts";
import { chooseHue } from "./hues.ts";
import { numbered, skeletonOf } from "./look-alikes.ts";
import {
  createPresence,
  type Presence,
  peopleOf,
  roomsListed,
  STANDING_ROOMS,
} from "./presence.ts";
import {
  type ClientMessage,
  type Entry,
  nameRefusal,
  type Person,
  type Refusal,
  refusal,
  type ServerMessage,
  type Since,
} from "./protocol.ts";

export interface Member {
  name: string;
  /** Of the name: equal for those that look alike. */
  skeleton: string;
  /** One of eight colours, while it is in one room. */
  hue: number;
  /** The secret of the tab of a browser, as the page has told it; null: none, and then no other connection is of it. */
  tab: string | null;
  /** Null before the first `join`. */
  room: string | null;
  readonly allowance: Allowance;
}

export interface Room<M extends Member> {
  readonly name: string;
  /** Another one for each room, and for each time that a room begins anew. */
  readonly log: string;
  readonly members: Set<M>;
  /** Whom its members were last told of, by name. */
  toldPeople: ReadonlyMap<string, Person>;
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
  readonly presence: Presence<M>;
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

/** @param run what no other run of the server has had. */
export function createChat<M extends Member>(run: string, now: number): Chat<M> {
  const chat: Chat<M> = { run, rooms: new Map(), roomsOpened: 0, presence: createPresence() };
  for (const name of STANDING_ROOMS) {
    openRoom(chat, name, now);
    chat.presence.toldRooms.set(name, 0);
  }
  return chat;
}

/** The effect of a member's message; a message that could not be read goes back with its reason. */
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
      return join(chat, member, message, now);
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

/** A connection is over. Its room hears of it by `flush`. */
export function leave<M extends Member>(chat: Chat<M>, member: M, now: number): void {
  const room = roomOf(chat, member);
  if (room !== null) depart(chat, room, member, now);
}

// ---- coming and going

/** The others hear of it by `flush`. */
function join<M extends Member>(
  chat: Chat<M>,
  member: M,
  { room: roomName, name: wanted, since, tab }: Extract<ClientMessage, { type: "join" }>,
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
  let name = wanted;
  const holder = holderOf(room, skeletonOf(wanted), member, tab);
  if (holder !== null && !isChange) {
    return [toOne(member, nameRefusal(`“${holder.name}” is here already, and looks the same`))];
  }
  // Everybody who enters is let in, under a name that can be told from that one.
  if (holder !== null) {
    const { members } = room;
    const skeletons = new Set(Array.from(members, ({ skeleton }) => skeleton));
    name = numbered(wanted, (skeleton) => skeletons.has(skeleton));
  }
  const isNew = before === null;
  if (isChange && before !== null) depart(chat, before, member, now);
  if (isChange || member.name !== name) chat.presence.changed.add(room);
  if (isChange) member.hue = hueIn(room, name, tab);
  member.name = name;
  member.skeleton = skeletonOf(name);
  member.tab = tab;
  member.room = room.name;
  room.members.add(member);
  room.usedAt = now;
  const { log } = room;
  const entries = entriesSince(room, since);
  const isGap = entries.length > 0 && since?.log === log && entries[0]!.id > since.id + 1;
  const facts = { room: room.name, name, log, entries, isGap, people: peopleOf(room) };
  const deliveries = [toOne(member, { type: "joined", ...facts })];
  if (isNew) deliveries.push(toOne(member, { type: "rooms", rooms: roomsListed(chat) }));
  return deliveries;
}

/** Somebody else in the room whose name looks like that; another connection of the same tab is nobody else. */
function holderOf<M extends Member>(
  room: Room<M>,
  skeleton: string,
  member: M,
  tab: string | null,
): M | null {
  for (const other of room.members) {
    if (other === member || other.skeleton !== skeleton) continue;
    if (tab === null || other.tab !== tab) return other;
  }
  return null;
}

function hueIn<M extends Member>(room: Room<M>, name: string, tab: string | null): number {
  const hues: number[] = [];
  for (const other of room.members) {
    if (tab !== null && other.tab === tab && other.name === name) return other.hue;
    hues.push(other.hue);
  }
  const spoken = [...room.entries].reverse().find((entry) => entry.name === name);
  return chooseHue(name, hues, spoken?.hue ?? null);
}

function depart<M extends Member>(chat: Chat<M>, room: Room<M>, member: M, now: number): void {
  room.members.delete(member);
  room.usedAt = now;
  member.room = null;
  chat.presence.changed.add(room);
}

/** The part of the room's log that the page has not got. A `since` of another log says nothing about this one. */
function entriesSince<M extends Member>(room: Room<M>, since: Since | null): readonly Entry[] {
  if (since === null || since.log !== room.log) return [...room.entries];
  return room.entries.filter(({ id }) => id > since.id);
}

function openRoom<M extends Member>(chat: Chat<M>, name: string, now: number): Room<M> {
  chat.roomsOpened += 1;
  const log = `${chat.run}.${chat.roomsOpened}`;
  const room: Room<M> = {
    name,
    log,
    members: new Set(),
    toldPeople: new Map(),
    entries: [],
    lastId: 0,
    usedAt: now,
  };
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
  const { name, hue } = member;
  const entry: Entry = { text, name, hue, id: room.lastId, at: now, key };
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

function toOne<M extends Member>(member: M, message: ServerMessage): Delivery<M> {
  return { to: [member], message };
}
