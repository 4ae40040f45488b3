// The page: joins what the other modules do.
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
/** The name that the server has last agreed to: another one than we asked for when that one was taken. */
let agreedName = null;
/** The name that was last written into the field, whatever became of it. */
let chosenName = null;
/** The room that is shown. */
let roomName = roomInAddress() ?? FIRST_ROOM;
/** The room that the server has us in: another one while a join is on its way; null without a connection. */
let joinedRoom = null;
/** When the connection was lost, ms since 1970; null while there is one, or the first is on its way. */
let lostAt = null;
let isWatching = true;
let rooms = [];
/** Of the room that the server has us in. */
let people = [];
/** By name. */
const memories = new Map();
/** Said and not yet confirmed, in all rooms: {room, key, name, at, text, why}. */
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
    // Otherwise the room was left again before the answer came.
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
      // A name that this browser remembers, and that the server no longer takes: in with another one.
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

/** The server has us under that name. */
function agree(given) {
  agreedName = given;
  showName(given);
  keepName(given, given === chosenName);
}

function showName(next) {
  name = next;
  // Whoever is writing there goes on.
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

/** To the room and the name that the server has for us, after it refused others. */
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
  // As the server will have it.
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

/** As many lines as are written, within what the style sheet allows. */
function fitComposer() {
  const field = $("message");
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
}

function say({ key, text }) {
  connection.send({ type: "say", text, key });
  typedAt = Number.NEGATIVE_INFINITY;
}

/** What was said here and not confirmed goes out again; the server knows it by its key if it had heard it. */
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

/** What the server told of who is where holds no longer. */
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
  // What was missed is told by the server.
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
    // Otherwise the server tells of the handshake.
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
