// The list of what passed on the wire, newest last: the opening handshake, the frames, and how many of them are left out.
import { followEnd } from "./end-follower.js";
import { describePayload, drawFrame, opcodeName } from "./frame-drawing.js";
import { drawHandshake } from "./handshake-drawing.js";

const MOST_ROWS = 200;
const NEAR = 60;

const $ = (id) => document.getElementById(id);
const end = followEnd($("frames"), NEAR);
/** Frames that the list has had. */
let count = 0;
/** Of those, the ones that it has let go at its beginning. */
let dropped = 0;

/** @param items what the server tells: {kind: "frame" | "handshake" | "left-out", ...}. */
export function addItems(items) {
  addRows(items.map((item) => DRAWN[item.kind](item)));
  count += items.filter(({ kind }) => kind === "frame").length;
  showCount();
}

/** A line between frames: what happened to the connection. */
export function addEvent(text) {
  addRows([line("event", text)]);
}

export function clearFrames() {
  $("frames").replaceChildren();
  count = 0;
  dropped = 0;
  showCount();
}

const DRAWN = { frame: frameRow, handshake: handshakeRow, "left-out": leftOutRow };

function addRows(rows) {
  const list = $("frames");
  end.grow(() => {
    list.append(...rows);
    if (list.childElementCount <= MOST_ROWS) return;
    const mark = list.querySelector(".dropped") ?? line("left-out dropped", "");
    mark.remove();
    while (list.childElementCount >= MOST_ROWS) {
      const [oldest] = list.children;
      if (oldest.classList.contains("frame")) dropped += 1;
      oldest.remove();
    }
    mark.textContent = `${frames(dropped, "older ")} no longer shown`;
    list.prepend(mark);
  });
}

const frames = (number, kind = "") =>
  `${number.toLocaleString()} ${kind}${number === 1 ? "frame is" : "frames are"}`;

function showCount() {
  $("frame-count").textContent = count === 0 ? "" : String(count);
}

function line(className, text) {
  const item = document.createElement("li");
  item.className = className;
  item.textContent = text;
  return item;
}

// ---- rows

function frameRow(frame) {
  const isIn = frame.direction === "in";
  const bytes = frame.payloadLength.toLocaleString();
  const row = openableRow(() => drawFrame(frame), {
    arrow: isIn ? "→" : "←",
    direction: isIn ? "to the server," : "to you,",
    opcode: opcodeName(frame),
    length: frame.isComplete ? `${bytes} B` : "broke a rule",
    preview: frame.payloadLength === 0 ? "no payload" : describePayload(frame),
  });
  row.classList.add(frame.direction);
  row.classList.toggle("control", frame.opcode >= 8);
  row.querySelector(".length").title = `${bytes} bytes of payload`;
  row
    .querySelector(".flags")
    .append(
      flag("FIN", frame.fin, "the last fragment of its message"),
      " ",
      flag("MASK", frame.isMasked, "masked"),
    );
  return row;
}

function handshakeRow(handshake) {
  const row = openableRow(() => drawHandshake(handshake), {
    arrow: "⇄",
    direction: "both ways,",
    opcode: "Handshake",
    length: "HTTP/1.1",
    preview: `${handshake.request[0].replace(/ HTTP.*/, "")} → ${handshake.response[0].replace(/^\S+ /, "")}`,
  });
  row.classList.replace("frame", "handshake");
  return row;
}

function leftOutRow({ reports, paused }) {
  const number = reports + paused;
  const text = `${number.toLocaleString()} ${number === 1 ? "frame" : "frames"} left out`;
  if (paused === 0)
    return line("left-out", `${text}: ${number === 1 ? "it" : "they"} brought this list`);
  return line("left-out paused", `${text} while the list was paused`);
}

/** Drawn when it is looked at: most never are. */
function openableRow(draw, words) {
  const row = $("frame").content.cloneNode(true).firstElementChild;
  for (const [name, text] of Object.entries(words)) {
    row.querySelector(`.${name}`).textContent = text;
  }
  row.querySelector("details").addEventListener("toggle", ({ target }) => {
    const details = row.querySelector(".details");
    if (target.open && details.childElementCount === 0) details.append(...draw());
    if (target.open) row.scrollIntoView({ block: "nearest" });
  });
  return row;
}

function flag(name, isSet, meaning) {
  const node = document.createElement("span");
  node.className = isSet ? "flag set" : "flag";
  node.textContent = `${name} ${isSet ? 1 : 0}`;
  node.title = isSet ? meaning : `not ${meaning}`;
  return node;
}
