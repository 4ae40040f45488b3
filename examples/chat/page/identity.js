// Whose tab this is: its name, the secret by which the server knows it again, and the messages that were written in it. All
// of it lasts as long as the tab; the name that was chosen last is where the next tab begins.
import { randomKey, randomName } from "./conversation.js";

/** As many as a page shows of one room. */
const MOST_KEYS = 500;

/** Where the browser keeps nothing, as it may when asked to, all lasts as long as the page. */
function read(storage, key) {
  try {
    return window[storage].getItem(key);
  } catch {
    return null;
  }
}

function write(storage, key, value) {
  try {
    window[storage].setItem(key, value);
  } catch {}
}

/** Not shown to anybody: with it, a connection may have the name that this tab has. */
export const tab = read("sessionStorage", "tab") ?? randomKey();
write("sessionStorage", "tab", tab);

export function firstName() {
  return read("sessionStorage", "name") ?? read("localStorage", "name") ?? randomName();
}

/** @param isChosen by the person, and not by the server, which puts a number behind a name that is taken. */
export function keepName(name, isChosen) {
  write("sessionStorage", "name", name);
  if (isChosen || read("localStorage", "name") === null) write("localStorage", "name", name);
}

const ownKeys = new Set((read("sessionStorage", "keys") ?? "").split(" ").filter(Boolean));

/** For a message that is written here. */
export function ownKey() {
  const key = randomKey();
  ownKeys.add(key);
  if (ownKeys.size > MOST_KEYS) ownKeys.delete(ownKeys.values().next().value);
  write("sessionStorage", "keys", [...ownKeys].join(" "));
  return key;
}

/** By their keys, not by their names: a name can be changed, and had by another. */
export const isOwn = ({ key }) => ownKeys.has(key);
