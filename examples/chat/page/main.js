// The page: connects the other modules.
import { keepConnected } from "./connection.js";
import { createRoom, randomName, sinceOf, takeEntry, takeJoined } from "./conversation.js";
import {
  addressOf,
  roomInAddress,
  roomNameOf,
  showPeople,
  showRooms,
  showUnknownPeople,
} from "./directory.js";
import { addEvent, addItems, clearFrames } from "./frame-list.js";
import { firstName, keepName, ownKey, tab } from "./identity.js";
import { changePeople, changeRooms } from "./presence.js";
import { append, showOutbox, showRoom, toEnd } from "./transcript.js";
import { forgetTyping, startTyping, stopTyping } from "./typing.js";

const FIRST_ROOM = "lobby";
/** ms */
const TYPING_EVERY = 3_000;
const FAULT_LASTS = 6_000;

const $ = (id) => document.getElementById(id);

let name = firstName();
/** The last name that the server accepted. It is another name than ours when ours was taken. */
let agreedName = null;
/** The last name in the field, accepted or not. */
let chosenName = null;
/** The room on the screen. */
let roomName = roomInAddress() ?? FIRST_ROOM;
/** Our room on the server. It is another room while a join is on its way, and null without a connection. */
let joinedRoom = null;
/** The time of the loss of the connection, ms since 1970; null with a connection, and before the first one. */
let lostAt = null;
let isWatching = true;
let rooms = [];
/** The people of our room on the server. */
let people = [];
/** By name. */
const memories = new Map();
/** Unconfirmed messages of all rooms: {room, key, name, at, text, why}. */
let outbox = [];

function memoryOf(room) {
  if (!memories.has(room)) memories.set(room, createRoom());
  return memories.get(room);
}

const HANDLERS = {
  joined(message) {
    joinedRoom = message.room;
    agree(message.name);
    const items = takeJoined(memoryOf(joinedRoom), message);
    confirm(message.entries);
    // Otherwise the user left the room before the answer came.
    if (!isJoined()) return;
    append(items);
    people = message.people;
    showPeople(people, name);
    sendOutbox();
  },
  entry({ entry }) {
    const items = takeEntry(memoryOf(joinedRoom), entry);
    confirm([entry]);
    if (!isJoined()) return;
    append(items);
    stopTyping(entry.name);
  },
  people({ changed }) {
    if (!isJoined()) return;
    people = changePeople(people, changed);
    showPeople(people, name);
  },
  rooms(message) {
    rooms = message.rooms;
    showRooms(rooms, roomName);
  },
  "room-counts"({ changed }) {
    rooms = changeRooms(rooms, changed);
    showRooms(rooms, roomName);
  },
  typing({ name: who }) {
    if (isJoined()) startTyping(who);
  },
  frames: ({ items }) => addItems(items),
  refused({ why, key, isOfName }) {
    const message = outbox.find((said) => said.key === key);
    if (message === undefined) {
      showFault(why);
      // The server refuses the name that this browser remembers: enter with another one.
      if (isOfName && joinedRoom === null) {
        showName(randomName());
        join();
      } else goBack();
      return;
    }
    message.why = why;
    drawOutbox();
  },
};

function isJoined() {
  return joinedRoom === roomName;
}

function join() {
  const since = sinceOf(memoryOf(roomName));
  connection.send({ type: "join", room: roomName, name, since, tab });
}

/** The server knows us by that name. */
function agree(given) {
  agreedName = given;
  showName(given);
  keepName(given, given === chosenName);
}

function showName(next) {
  name = next;
  // Do not disturb a user that is writing there.
  if (document.activeElement !== $("name")) $("name").value = name;
}

// ---- rooms

function enterRoom(next) {
  roomName = next;
  $("room").textContent = roomName;
  showUnknownPeople(lostAt);
  document.title = `${roomName} · sansocket chat`;
  showRoom(memoryOf(roomName).items);
  showRooms(rooms, roomName);
  forgetTyping();
  drawOutbox();
  toEnd();
}

/** Goes back to our room and name on the server, after the server refused other ones. */
function goBack() {
  showName(agreedName ?? name);
  const home = joinedRoom ?? FIRST_ROOM;
  if (roomName !== home) location.replace(addressOf(home));
}

addEventListener("hashchange", () => {
  const next = roomInAddress();
  if (next === null || next === roomName) return;
  enterRoom(next);
  join();
  show("chat");
});

$("open-room").addEventListener("submit", (event) => {
  event.preventDefault();
  const wanted = roomNameOf($("room-name").value);
  if (wanted === "") return;
  $("room-name").value = "";
  location.hash = addressOf(wanted);
  show("chat");
  $("message").focus();
});

$("you").addEventListener("submit", (event) => {
  event.preventDefault();
  // In the server's form.
  const wanted = $("name").value.normalize("NFKC").trim().replaceAll(/\s+/g, " ");
  if (wanted === "") return;
  chosenName = wanted;
  show("chat");
  $("message").focus();
  showName(wanted);
  join();
});

// ---- talking

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("message").value.trim();
  if (text === "") return;
  $("message").value = "";
  fitComposer();
  const message = { room: roomName, key: ownKey(), name, at: Date.now(), text, why: null };
  outbox.push(message);
  drawOutbox();
  toEnd();
  if (isJoined()) say(message);
});

$("message").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $("composer").requestSubmit();
});

let typedAt = Number.NEGATIVE_INFINITY;
$("message").addEventListener("input", () => {
  fitComposer();
  if (performance.now() - typedAt < TYPING_EVERY || $("message").value === "" || !isJoined())
    return;
  typedAt = performance.now();
  connection.send({ type: "typing" });
});

/** The field has as many lines as the text, within the limits of the style sheet. */
function fitComposer() {
  const field = $("message");
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
}

function say({ key, text }) {
  connection.send({ type: "say", text, key });
  typedAt = Number.NEGATIVE_INFINITY;
}

/** Sends unconfirmed messages again. The server knows a message by its key if it has it already. */
function sendOutbox() {
  for (const message of outbox) {
    if (message.room === roomName && message.why === null) say(message);
  }
}

function confirm(entries) {
  const keys = new Set(entries.map(({ key }) => key));
  const left = outbox.filter(({ key }) => !keys.has(key));
  if (left.length === outbox.length) return;
  outbox = left;
  drawOutbox();
}

function drawOutbox() {
  showOutbox(
    outbox.filter(({ room }) => room === roomName),
    (key) => {
      const message = outbox.find((said) => said.key === key);
      message.why = null;
      drawOutbox();
      $("message").focus();
      if (isJoined()) say(message);
    },
    (key) => {
      outbox = outbox.filter((said) => said.key !== key);
      drawOutbox();
      $("message").focus();
    },
  );
}

// ---- the connection

let countdown = null;

function showState(state) {
  clearInterval(countdown);
  const isWaiting = state.kind === "waiting";
  $("dot").className = state.kind;
  $("state").textContent = { connecting: "connecting", open: "connected", waiting: "offline" }[
    state.kind
  ];
  if (state.kind !== "connecting") $("lost").hidden = !isWaiting;
  if (state.kind === "open") lostAt = null;
  if (!isWaiting) {
    $("countdown").textContent = "";
    return;
  }
  lostAt ??= Date.now();
  forgetPeople();
  $("lost-text").textContent = state.isOnline
    ? "The connection is lost. What you write is kept and sent later."
    : "This device has no network. What you write is kept and sent later.";
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((state.until - performance.now()) / 1_000));
    $("countdown").textContent = `Next try in ${seconds} s.`;
  };
  tick();
  countdown = setInterval(tick, 250);
}

/** The server's reports about people and rooms are no longer true. */
function forgetPeople() {
  rooms = rooms.map((room) => ({ ...room, people: 0 }));
  people = [];
  showRooms(rooms, roomName);
  showUnknownPeople(lostAt);
}

$("retry").addEventListener("click", () => {
  connection.retryNow();
  $("message").focus();
});

let faultTimer = null;

function showFault(why) {
  $("fault").textContent = `${why}.`;
  $("fault").hidden = false;
  clearTimeout(faultTimer);
  faultTimer = setTimeout(() => {
    $("fault").hidden = true;
  }, FAULT_LASTS);
}

// ---- the frames, and the views of narrow screens

$("pause").addEventListener("click", () => {
  isWatching = !isWatching;
  $("pause").textContent = isWatching ? "Pause" : "Resume";
  $("pause").classList.toggle("quiet", isWatching);
  // The server reports the missed frames.
  if (!isWatching) addEvent("paused");
  connection.send({ type: "watch", on: isWatching });
});

$("clear").addEventListener("click", clearFrames);

function show(view) {
  document.body.dataset.view = view;
  for (const tab of document.querySelectorAll("[data-show]")) {
    if (tab.dataset.show === view) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  }
}

for (const tab of document.querySelectorAll("[data-show]")) {
  tab.addEventListener("click", () => show(tab.dataset.show));
}

// ---- the beginning

$("name").value = name;
enterRoom(roomName);

const scheme = location.protocol === "https:" ? "wss:" : "ws:";
const url = () => `${scheme}//${location.host}/socket${isWatching ? "?watch" : ""}`;
const connection = keepConnected(url, {
  onOpen() {
    // Otherwise the server reports the handshake.
    if (!isWatching) addEvent("connection open");
    join();
  },
  onMessage(message) {
    HANDLERS[message.type]?.(message);
  },
  onClose({ code, reason }) {
    joinedRoom = null;
    forgetTyping();
    addEvent(`connection closed, ${code}${reason === "" ? "" : ` “${reason}”`}`);
  },
  onState: showState,
});
