// What this page knows of each room, and what it has yet to say: no network, no document.

const MOST_ITEMS = 500;

/** What is remembered of a room. `log` is null before the first join. */
export function createRoom() {
  return { log: null, lastId: 0, items: [], keys: new Set() };
}

/** For the server: where to go on. */
export function sinceOf(room) {
  return room.log === null ? null : { log: room.log, id: room.lastId };
}

/** Takes what the server had to say to a join. Returns the items that are new. */
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

/** Takes one entry. Returns it as a list: empty when it is here already. */
export function takeEntry(room, entry) {
  room.lastId = Math.max(room.lastId, entry.id);
  // By its key, not its id: an entry that was said again to a server that begun anew is still the same one.
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

/** Said by the same person, in one go. */
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

/** As short as the reader's language has it: “9:24 AM”, “09:24”. */
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

/** For who has not said yet how to be called. */
export function randomName() {
  const [manner, bird] = crypto.getRandomValues(new Uint8Array(2));
  return `${MANNERS[manner % MANNERS.length]} ${BIRDS[bird % BIRDS.length]}`;
}
