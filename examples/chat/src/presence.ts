/**
 * Reports about the people in the rooms. A report has the differences of one moment. The differences of a room go to that room
 * only. The number of people in each room goes to every page, because every page lists the rooms. A person that comes and goes
 * within one moment stands in no report.
 */
import type { Chat, Delivery, Member, Room } from "./chat.ts";
import type { Person, PersonChange, RoomChange, RoomCount } from "./protocol.ts";

/** Always there. The first is where everybody begins. */
export const STANDING_ROOMS: readonly string[] = ["lobby", "protocols", "tea room"];

/** Of one chat. */
export interface Presence<M extends Member> {
  /** Where somebody has come or gone, or has another name, since the last {@link flush}. */
  readonly changed: Set<Room<M>>;
  /** How many people everybody was told of, by room; in the order in which the pages list them. */
  readonly toldRooms: Map<string, number>;
}

export function createPresence<M extends Member>(): Presence<M> {
  return { changed: new Set(), toldRooms: new Map() };
}

/** Whether {@link flush} has something to tell. */
export function hasNews<M extends Member>({ presence }: Chat<M>): boolean {
  return presence.changed.size > 0;
}

/** All that has changed since the last time. Counts are those of now, so that hearing of them twice does no harm. */
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

/** In the order of their names; the same everywhere, whatever the server's language. */
export function peopleOf<M extends Member>(room: Room<M>): Person[] {
  return [...peopleByName(room).values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** The standing rooms, and those where somebody is: as the pages that are there list them, and behind those the new ones. */
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

/** Null: not listed. */
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
