// The page's knowledge of each room, and its unsent messages, without network and document.

const MOST_ITEMS = 500;

/** The memory of a room. `log` is null before the first join. */
export function createRoom() {
  return { log: null, lastId: 0, items: [], keys: new Set() };
}

/** For the server: the newest entry that the page has. */
export function sinceOf(room) {
  return room.log === null ? null : { log: room.log, id: room.lastId };
}

/** Takes the server's answer to a join. Returns the new items. */
export function takeJoined(room, { log, entries, isGap }) {
  const added = [];
  if (room.log !== null && room.log !== log) {
    added.push(note("The room has begun anew. What stands above is kept on this page only."));
  } else if (isGap) {
    added.push(note("More was said here than the server keeps."));
  }
  if (room.log !== log) room.lastId = 0;
  room.log = log;
  for (const item of added) remember(room, item);
  return [...added, ...entries.flatMap((entry) => takeEntry(room, entry))];
}

/** Takes one entry. Returns a list with the entry, or an empty list when the page has the entry already. */
export function takeEntry(room, entry) {
  room.lastId = Math.max(room.lastId, entry.id);
  // Compare keys, not ids: an entry that was sent again to a restarted server is still the same entry.
  if (room.keys.has(entry.key)) return [];
  room.keys.add(entry.key);
  const item = { kind: "entry", ...entry };
  remember(room, item);
  return [item];
}

function remember(room, item) {
  room.items.push(item);
  if (room.items.length <= MOST_ITEMS) return;
  const [old] = room.items.splice(0, 1);
  if (old.kind === "entry") room.keys.delete(old.key);
}

function note(text) {
  return { kind: "note", text };
}

/** Whether the same person said both, one directly behind the other. */
export function isContinued(previous, item) {
  return (
    previous?.kind === "entry" &&
    previous.name === item.name &&
    item.at - previous.at < 5 * 60_000 &&
    isSameDay(previous.at, item.at)
  );
}

export function isSameDay(one, other) {
  return new Date(one).toDateString() === new Date(other).toDateString();
}

/** The short form of the reader's language: “9:24 AM”, “09:24”. */
export function timeOf(at, locale) {
  return new Date(at).toLocaleTimeString(locale, { timeStyle: "short" });
}

/** The first letters of the first two words. */
export function initialsOf(name) {
  const letters = name.split(" ").map((word) => String.fromCodePoint(word.codePointAt(0) ?? 32));
  return letters.slice(0, 2).join("").toUpperCase();
}

export function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const MANNERS = ["Quiet", "Amber", "Early", "Gentle", "Swift", "Patient", "Silver", "Wry"];
const BIRDS = ["Heron", "Wren", "Plover", "Avocet", "Kestrel", "Linnet", "Dipper", "Curlew"];

/** A name for a person that has not chosen one. */
export function randomName() {
  const [manner, bird] = crypto.getRandomValues(new Uint8Array(2));
  return `${MANNERS[manner % MANNERS.length]} ${BIRDS[bird % BIRDS.length]}`;
}
