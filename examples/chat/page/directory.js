// Draws the rooms there are, and who is here.
import { hueOf, initialsOf, timeOf } from "./conversation.js";

const $ = (id) => document.getElementById(id);

export const addressOf = (room) => `#/${encodeURIComponent(room)}`;

/** The room that the address names; null when it names none. */
export function roomInAddress() {
  if (!location.hash.startsWith("#/")) return null;
  try {
    return decodeURIComponent(location.hash.slice(2)).trim().toLowerCase() || null;
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
    ...people.map(({ name, connections }) => {
      const disc = labelled("span", "disc", initialsOf(name));
      disc.ariaHidden = "true";
      const item = listItem(disc, labelled("bdi", "name", name));
      item.className = `hue-${hueOf(name)}`;
      if (connections > 1) item.append(labelled("span", "aside", `× ${connections}`));
      if (name === ownName) item.append(labelled("span", "aside", "you"));
      return item;
    }),
  );
  $("people-unknown").hidden = true;
  $("room-facts").textContent = describeCount(people.length);
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

function describeCount(count) {
  return count === 1 ? "You are alone here" : `${count} people here`;
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
