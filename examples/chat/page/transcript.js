// Draws what is said, and what is not sent yet. All text goes in as text.
import { hueOf, initialsOf, isContinued, isSameDay, timeOf } from "./conversation.js";

const $ = (id) => document.getElementById(id);
const calendar = new Intl.DateTimeFormat(undefined, {
  weekday: "long",
  day: "numeric",
  month: "long",
});

/** Nearer to the end than this, px, and the end is followed. */
const NEAR = 80;

let last = null;

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
  const wasAtEnd = isAtEnd();
  for (const item of items) {
    if (item.kind === "note") $("transcript").append(line("note", item.text));
    else {
      if (last?.kind !== "entry" || !isSameDay(last.at, item.at)) {
        if (findLastDay() !== new Date(item.at).toDateString())
          $("transcript").append(dayLine(item.at));
      }
      $("transcript").append(drawEntry(item, isContinued(last, item)));
    }
    last = item;
  }
  $("empty").hidden = $("transcript").childElementCount + $("outbox").childElementCount > 0;
  if (wasAtEnd) toEnd();
  else if (items.length > 0) $("to-end").hidden = false;
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

function drawEntry({ name, at, text }, continued) {
  const item = $("entry").content.cloneNode(true).firstElementChild;
  item.classList.add(`hue-${hueOf(name)}`);
  item.classList.toggle("continued", continued);
  item.querySelector(".disc").textContent = initialsOf(name);
  item.querySelector(".name").textContent = name;
  const time = item.querySelector("time");
  time.dateTime = new Date(at).toISOString();
  time.textContent = timeOf(at);
  item.querySelector(".text").textContent = text;
  return item;
}

// ---- what is not sent yet

/** @param messages {key, name, at, text, why}: `why` it was refused, or null while it waits. */
export function showOutbox(messages, onRetry, onDrop) {
  const wasAtEnd = isAtEnd();
  $("outbox").replaceChildren(
    ...messages.map((message, index) => {
      const previous = index > 0 ? { kind: "entry", ...messages[index - 1] } : last;
      const item = drawEntry(message, isContinued(previous, message));
      item.classList.add(message.why === null ? "pending" : "refused");
      item.append(drawFate(message, onRetry, onDrop));
      return item;
    }),
  );
  if (messages.length > 0) $("empty").hidden = true;
  if (wasAtEnd) toEnd();
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

// ---- the end

function isAtEnd() {
  const { scrollHeight, scrollTop, clientHeight } = $("scroll");
  return scrollHeight - scrollTop - clientHeight < NEAR;
}

export function toEnd() {
  $("scroll").scrollTop = $("scroll").scrollHeight;
  $("to-end").hidden = true;
}

$("to-end").addEventListener("click", () => {
  toEnd();
  $("message").focus();
});
$("scroll").addEventListener("scroll", () => {
  if (isAtEnd()) $("to-end").hidden = true;
});
// The keyboard of a phone, or a line more in the composer, takes from below: stay with the last message.
let height = 0;
new ResizeObserver(() => {
  const { scrollHeight, scrollTop, clientHeight } = $("scroll");
  if (scrollHeight - scrollTop - height < NEAR) toEnd();
  height = clientHeight;
}).observe($("scroll"));
