// The list of frames, newest last; each opens to its drawing.
import { describePayload, drawFrame, opcodeName } from "./frame-drawing.js";

const MOST_ROWS = 200;
const NEAR = 60;

const $ = (id) => document.getElementById(id);
let count = 0;

export function addFrames(frames) {
  addRows(frames.map(drawRow));
  count += frames.length;
  showCount();
}

/** A line between frames: what happened to the connection. */
export function addEvent(text) {
  const item = document.createElement("li");
  item.className = "event";
  item.textContent = text;
  addRows([item]);
}

export function clearFrames() {
  $("frames").replaceChildren();
  count = 0;
  showCount();
}

function addRows(rows) {
  const list = $("frames");
  const wasAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR;
  list.append(...rows);
  while (list.childElementCount > MOST_ROWS) list.firstElementChild.remove();
  if (wasAtEnd) list.scrollTop = list.scrollHeight;
}

function showCount() {
  $("frame-count").textContent = count === 0 ? "" : String(count);
}

function drawRow(frame) {
  const row = $("frame").content.cloneNode(true).firstElementChild;
  const isIn = frame.direction === "in";
  row.classList.add(frame.direction);
  row.classList.toggle("control", frame.opcode >= 8);
  const put = (name, text) => {
    row.querySelector(`.${name}`).textContent = text;
  };
  put("arrow", isIn ? "→" : "←");
  put("direction", isIn ? "to the server," : "to you,");
  put("opcode", opcodeName(frame));
  const octets = frame.payloadLength.toLocaleString();
  put("length", frame.isComplete ? `${octets} B` : "broke a rule");
  row.querySelector(".length").title = `${octets} octets of payload`;
  row
    .querySelector(".flags")
    .append(
      flag("FIN", frame.fin, "the last fragment of its message"),
      " ",
      flag("MASK", frame.isMasked, "masked"),
    );
  put("preview", frame.payloadLength === 0 ? "no payload" : describePayload(frame));
  row.querySelector("details").addEventListener("toggle", ({ target }) => {
    // Drawn when it is looked at: most never are.
    const details = row.querySelector(".details");
    if (target.open && details.childElementCount === 0) details.append(...drawFrame(frame));
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

// The view may have been hidden, where nothing scrolls: begin at the end when it is shown. When only its size changes,
// who reads further up stays there.
let height = 0;
new ResizeObserver(() => {
  const list = $("frames");
  const { scrollHeight, scrollTop, clientHeight } = list;
  if (height === 0 || scrollHeight - scrollTop - height < NEAR) list.scrollTop = scrollHeight;
  height = clientHeight;
}).observe($("frames"));
