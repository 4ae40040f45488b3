// The identity of this tab: its name, the secret that identifies the tab to the server, and the messages that were written in the tab.
// All of it lasts as long as the tab. The next tab begins with the name that was chosen last.
import { randomKey, randomName } from "./conversation.js";

/** The number of messages that a page shows of one room. */
const MOST_KEYS = 500;

/** A browser may be set to keep nothing. Then the identity lasts as long as the page. */
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

/** A secret: a connection with the secret may have the name of this tab. */
export const tab = read("sessionStorage", "tab") ?? randomKey();
write("sessionStorage", "tab", tab);

export function firstName() {
  return read("sessionStorage", "name") ?? read("localStorage", "name") ?? randomName();
}

/** @param isChosen whether the person chose the name. The server may put a number behind a taken name. */
export function keepName(name, isChosen) {
  write("sessionStorage", "name", name);
  if (isChosen || read("localStorage", "name") === null) write("localStorage", "name", name);
}

const ownKeys = new Set((read("sessionStorage", "keys") ?? "").split(" ").filter(Boolean));

/** A key for a message that is written here. */
export function ownKey() {
  const key = randomKey();
  ownKeys.add(key);
  if (ownKeys.size > MOST_KEYS) ownKeys.delete(ownKeys.values().next().value);
  write("sessionStorage", "keys", [...ownKeys].join(" "));
  return key;
}

/** Compares keys, not names: a person can change the name, and another person can take it. */
export const isOwn = ({ key }) => ownKeys.has(key);
