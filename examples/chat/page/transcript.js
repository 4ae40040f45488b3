// Draws what is said, and what is not sent yet. All text goes in as text.
import { initialsOf, isContinued, isSameDay, timeOf } from "./conversation.js";
import { followEnd } from "./end-follower.js";
import { isOwn } from "./identity.js";

const $ = (id) => document.getElementById(id);
const calendar = new Intl.DateTimeFormat(undefined, {
  weekday: "long",
  day: "numeric",
  month: "long",
});

/** Nearer to the end than this, px, and the end is followed. */
const NEAR = 80;

let last = null;
const end = followEnd($("scroll"), NEAR, () => {
  $("to-end").hidden = true;
});
export const { toEnd } = end;

/** Another room: everything anew, without reading it out. */
export function showRoom(items) {
  $("log").setAttribute("aria-live", "off");
  $("transcript").replaceChildren();
  last = null;
  append(items);
  toEnd();
  requestAnimationFrame(() => $("log").removeAttribute("aria-live"));
}

export function append(items) {
  const isSeen = end.grow(() => {
    for (const item of items) appendItem(item);
    $("empty").hidden = $("transcript").childElementCount + $("outbox").childElementCount > 0;
  });
  if (!isSeen && items.length > 0) $("to-end").hidden = false;
}

function appendItem(item) {
  if (item.kind === "note") $("transcript").append(line("note", item.text));
  else {
    const isOtherDay = last?.kind !== "entry" || !isSameDay(last.at, item.at);
    if (isOtherDay && findLastDay() !== new Date(item.at).toDateString()) {
      $("transcript").append(dayLine(item.at));
    }
    $("transcript").append(drawEntry(item, goesOn(last, item)));
  }
  last = item;
}

function findLastDay() {
  const days = $("transcript").querySelectorAll(".day");
  return days[days.length - 1]?.dataset.day;
}

function dayLine(at) {
  const item = line("day", isSameDay(at, Date.now()) ? "Today" : calendar.format(at));
  item.dataset.day = new Date(at).toDateString();
  return item;
}

function line(className, text) {
  const item = document.createElement("li");
  item.className = className;
  const span = document.createElement("span");
  span.textContent = text;
  item.append(span);
  return item;
}

/** The same name may have been another person's before. */
function goesOn(previous, item) {
  return isContinued(previous, item) && isOwn(previous) === isOwn(item);
}

function drawEntry(entry, continued) {
  const { name, at, text, hue } = entry;
  const item = $("entry").content.cloneNode(true).firstElementChild;
  item.classList.add(isOwn(entry) ? "own" : `hue-${hue}`);
  item.classList.toggle("continued", continued);
  item.querySelector(".disc").textContent = initialsOf(name);
  item.querySelector(".name").textContent = isOwn(entry) ? "You" : name;
  const time = item.querySelector("time");
  time.dateTime = new Date(at).toISOString();
  time.textContent = timeOf(at);
  item.querySelector(".text").textContent = text;
  return item;
}

// ---- what is not sent yet

/** @param messages {key, name, at, text, why}: `why` it was refused, or null while it waits. */
export function showOutbox(messages, onRetry, onDrop) {
  const items = messages.map((message, index) => {
    const previous = index > 0 ? { kind: "entry", ...messages[index - 1] } : last;
    const item = drawEntry(message, goesOn(previous, message));
    item.classList.add(message.why === null ? "pending" : "refused");
    item.append(drawFate(message, onRetry, onDrop));
    return item;
  });
  end.grow(() => {
    $("outbox").replaceChildren(...items);
    if (messages.length > 0) $("empty").hidden = true;
  });
}

function drawFate({ key, why }, onRetry, onDrop) {
  const fate = document.createElement("p");
  fate.className = "fate";
  if (why === null) {
    fate.textContent = "not sent yet";
    return fate;
  }
  fate.append(`Not sent. ${why}. `);
  fate.append(
    button("Try again", () => onRetry(key)),
    " ",
    button("Discard", () => onDrop(key)),
  );
  return fate;
}

function button(text, act) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "link";
  element.textContent = text;
  element.addEventListener("click", act);
  return element;
}

$("to-end").addEventListener("click", () => {
  toEnd();
  $("message").focus();
});
