/**
 * Reports about people and rooms. A report has gathered differences, and goes to the pages that need it. A room gets the changes
 * of its people. Every page gets the numbers of all rooms, because every page lists them. A person that came and left within a
 * moment is not in a report.
 */
import type { Chat, Delivery, Member, Room } from "./chat.ts";
import type { Person, PersonChange, RoomChange, RoomCount } from "./protocol.ts";

/** These rooms always exist. Every page begins in the first one. */
export const STANDING_ROOMS: readonly string[] = ["lobby", "protocols", "tea room"];

/** The state of the reports of one chat. */
export interface Presence<M extends Member> {
  /** Rooms with changes since the last {@link flush}: a person came, left, or has another name. */
  readonly changed: Set<Room<M>>;
  /** The number of people in the last report, by room, in the order of the pages' lists. */
  readonly toldRooms: Map<string, number>;
}

export function createPresence<M extends Member>(): Presence<M> {
  return { changed: new Set(), toldRooms: new Map() };
}

/** Whether {@link flush} has something to report. */
export function hasNews<M extends Member>({ presence }: Chat<M>): boolean {
  return presence.changed.size > 0;
}

/** All changes since the last time. A count is the present count, so a page may get it twice. */
export function flush<M extends Member>(chat: Chat<M>): Delivery<M>[] {
  const { presence } = chat;
  const deliveries: Delivery<M>[] = [];
  for (const room of presence.changed) {
    const changed = peopleChanges(room);
    if (changed.length === 0 || room.members.size === 0) continue;
    deliveries.push({ to: [...room.members], message: { type: "people", changed } });
  }
  presence.changed.clear();
  const changed = roomChanges(chat);
  if (changed.length > 0) {
    const to = [...chat.rooms.values()].flatMap(({ members }) => [...members]);
    deliveries.push({ to, message: { type: "room-counts", changed } });
  }
  return deliveries;
}

/** In the order of the names. The order does not depend on the server's language. */
export function peopleOf<M extends Member>(room: Room<M>): Person[] {
  return [...peopleByName(room).values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** The standing rooms, and all rooms with people: first those that the pages list already, in that order, then the new ones. */
export function roomsListed<M extends Member>(chat: Chat<M>): RoomCount[] {
  const names = new Set([
    ...STANDING_ROOMS,
    ...chat.presence.toldRooms.keys(),
    ...chat.rooms.keys(),
  ]);
  const rooms: RoomCount[] = [];
  for (const name of names) {
    const people = countOf(chat, name);
    if (people !== null) rooms.push({ name, people });
  }
  return rooms;
}

function peopleChanges<M extends Member>(room: Room<M>): PersonChange[] {
  const people = peopleByName(room);
  const { toldPeople } = room;
  const changed: PersonChange[] = [];
  for (const [name, person] of people) {
    const told = toldPeople.get(name);
    if (told?.connections !== person.connections || told.hue !== person.hue) changed.push(person);
  }
  for (const name of toldPeople.keys()) {
    if (!people.has(name)) changed.push({ name, connections: 0 });
  }
  room.toldPeople = people;
  return changed;
}

function roomChanges<M extends Member>(chat: Chat<M>): RoomChange[] {
  const { toldRooms } = chat.presence;
  const changed: RoomChange[] = [];
  for (const name of new Set([...toldRooms.keys(), ...chat.rooms.keys()])) {
    const people = countOf(chat, name);
    if (people === (toldRooms.get(name) ?? null)) continue;
    if (people === null) toldRooms.delete(name);
    else toldRooms.set(name, people);
    changed.push({ name, people });
  }
  return changed;
}

/** null when the room is not listed. */
function countOf<M extends Member>({ rooms }: Chat<M>, name: string): number | null {
  const room = rooms.get(name);
  if (room === undefined) return null;
  return room.members.size > 0 || STANDING_ROOMS.includes(name) ? peopleByName(room).size : null;
}

function peopleByName<M extends Member>({ members }: Room<M>): Map<string, Person> {
  const people = new Map<string, Person>();
  for (const { name, hue } of members) {
    people.set(name, { name, connections: (people.get(name)?.connections ?? 0) + 1, hue });
  }
  return people;
}
