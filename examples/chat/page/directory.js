// Draws the rooms there are, and who is here.
import { initialsOf, timeOf } from "./conversation.js";

const $ = (id) => document.getElementById(id);

export const addressOf = (room) => `#/${encodeURIComponent(room)}`;

/** A name as the server will have it; "" when there is none. */
export function roomNameOf(text) {
  const name = text.normalize("NFKC").trim().replaceAll(/\s+/g, " ");
  return name.toLowerCase().normalize("NFKC");
}

/** The room that the address names; null when it names none. */
export function roomInAddress() {
  if (!location.hash.startsWith("#/")) return null;
  try {
    return roomNameOf(decodeURIComponent(location.hash.slice(2))) || null;
  } catch {
    return null;
  }
}

export function showRooms(rooms, current) {
  const focused = document.activeElement?.closest("#rooms a")?.getAttribute("href");
  $("rooms").replaceChildren(
    ...rooms.map(({ name, people }) => {
      const link = document.createElement("a");
      link.href = addressOf(name);
      if (name === current) link.setAttribute("aria-current", "page");
      link.append(labelled("bdi", "room-name", name));
      if (people > 0) {
        const count = labelled("span", "count", String(people));
        count.append(labelled("span", "visually-hidden", " here"));
        link.append(count);
      }
      return listItem(link);
    }),
  );
  // Drawn anew whenever somebody comes or goes: who walks it with the keyboard stays where they are.
  if (focused !== undefined) document.querySelector(`#rooms a[href="${focused}"]`)?.focus();
}

export function showPeople(people, ownName) {
  $("people").replaceChildren(
    ...people.map(({ name, connections, hue }) => {
      const disc = labelled("span", "disc", initialsOf(name));
      disc.ariaHidden = "true";
      const item = listItem(disc, labelled("bdi", "name", name));
      item.className = `hue-${hue}`;
      const where = connections > 1 ? `in ${connections} tabs` : null;
      const who = name === ownName ? "you" : null;
      const aside = [who, where].filter((part) => part !== null).join(", ");
      if (aside !== "") item.append(labelled("span", "aside", aside));
      return item;
    }),
  );
  $("people-unknown").hidden = true;
  $("room-facts").textContent = describe(people);
}

/**
 * Until a room has answered nobody knows who is there, and after a loss nobody knows who still is.
 * @param lostAt ms since 1970; null while the connection is there, or has yet to come for the first time.
 */
export function showUnknownPeople(lostAt) {
  $("people").replaceChildren();
  $("people-unknown").hidden = lostAt === null;
  $("room-facts").textContent = lostAt === null ? "" : `Offline since ${timeOf(lostAt)}`;
}

function describe(people) {
  if (people.length !== 1) return `${people.length} people here`;
  const [{ connections }] = people;
  return connections === 1 ? "You are alone here" : `You are alone here, in ${connections} tabs`;
}

function listItem(...children) {
  const item = document.createElement("li");
  item.append(...children);
  return item;
}

function labelled(element, className, text) {
  const node = document.createElement(element);
  node.className = className;
  node.textContent = text;
  return node;
}
