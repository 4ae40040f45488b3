// Two connections: /frames tells what the engine saw of the other one, /echo is the one that is watched.

const OPCODES = {
  0: "Continuation",
  1: "Text",
  2: "Binary",
  8: "Close",
  9: "Ping",
  10: "Pong",
};
const MOST_FRAMES = 60;

const $ = (id) => document.getElementById(id);
const address = (path) =>
  `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`;

let frames = null;
let echo = null;

function connect() {
  show("connecting", "");
  frames = new WebSocket(address("/frames"));
  frames.addEventListener("message", ({ data }) => {
    const message = JSON.parse(data);
    if ("trace" in message) openEcho(message.trace);
    else draw(message);
  });
  frames.addEventListener("close", () => {
    if (echo === null) show("no connection", "closed");
  });
}

function openEcho(trace) {
  echo = new WebSocket(address(`/echo?trace=${trace}`));
  echo.binaryType = "arraybuffer";
  echo.addEventListener("open", () => show("open", "open"));
  echo.addEventListener("close", ({ code, wasClean }) => {
    show(`closed with ${code}${wasClean ? "" : ", not cleanly"}`, "closed");
    echo = null;
    // The last frames of the closing handshake are still on their way.
    const watching = frames;
    setTimeout(() => watching.close(1000), 500);
  });
}

function show(text, state) {
  $("state").textContent = text;
  $("dot").className = state;
  $("send").disabled = state !== "open";
  $("toggle").disabled = state === "";
  $("toggle").textContent = state === "closed" ? "Connect" : "Close";
}

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  if (echo === null || echo.readyState !== WebSocket.OPEN) return;
  const text = $("message").value;
  const isBinary = new FormData(event.target).get("type") === "binary";
  echo.send(isBinary ? new TextEncoder().encode(text) : text);
  $("message").select();
});

$("toggle").addEventListener("click", () => {
  if (echo === null) connect();
  else echo.close(1000, "bye");
});

$("clear").addEventListener("click", () => {
  $("frames").replaceChildren();
  $("empty").hidden = false;
});

// ---- drawing

function draw(frame) {
  const item = $("frame").content.cloneNode(true).firstElementChild;
  const isIn = frame.direction === "in";
  const payload = bytesOf(frame.payload);
  item.classList.add(frame.direction);
  item.querySelector(".arrow").textContent = isIn ? "→" : "←";
  item.querySelector("strong").textContent = OPCODES[frame.opcode] ?? "Reserved opcode";
  const bytes = `${frame.payloadLength} ${frame.payloadLength === 1 ? "byte" : "bytes"}`;
  item.querySelector(".summary").textContent =
    `${isIn ? "client to server" : "server to client"}, ${bytes} of payload, at byte ${frame.offset} of its direction`;
  drawFields(item.querySelector(".grid"), frame, payload);
  drawWire(item.querySelector("code"), frame, payload);
  $("frames").prepend(item);
  $("empty").hidden = true;
  while ($("frames").childElementCount > MOST_FRAMES) $("frames").lastElementChild.remove();
}

/** Sixteen bits a row, as wide as they are on the wire. */
function drawFields(grid, frame, payload) {
  const length = frame.payloadLength;
  const lengthField = length < 126 ? length : length < 65536 ? 126 : 127;
  const bit = (isSet) => (isSet ? "1" : "0");
  field(grid, 1, "FIN", bit(frame.fin), frame.fin);
  field(grid, 1, "RSV1", bit(frame.rsv & 4), frame.rsv & 4);
  field(grid, 1, "RSV2", bit(frame.rsv & 2), frame.rsv & 2);
  field(grid, 1, "RSV3", bit(frame.rsv & 1), frame.rsv & 1);
  field(grid, 4, "opcode", `0x${frame.opcode.toString(16)}`, true);
  field(grid, 1, "MASK", bit(frame.isMasked), frame.isMasked);
  field(grid, 7, "payload length", String(lengthField), true);
  if (lengthField === 126) wide(grid, "extended payload length, 16 bits", String(length));
  if (lengthField === 127) wide(grid, "extended payload length, 64 bits", String(length));
  if (frame.isMasked) wide(grid, "masking key, 32 bits", `0x${hexOf(keyBytes(frame)).join("")}`);
  if (length > 0) wide(grid, "payload, unmasked", describePayload(frame, payload));
}

function field(grid, bits, name, value, isSet) {
  const box = document.createElement("div");
  box.className = `field${isSet ? " set" : ""}${bits === 1 ? " bit" : ""}`;
  box.style.gridColumn = `span ${bits}`;
  box.append(labelled("name", name), labelled("value", value));
  grid.append(box);
  return box;
}

function wide(grid, name, value) {
  field(grid, 16, name, value, false).classList.add("wide");
}

function labelled(className, text) {
  const span = document.createElement("span");
  span.className = className;
  span.textContent = text;
  return span;
}

function describePayload(frame, payload) {
  const more = frame.payloadLength > payload.length ? " …" : "";
  if (frame.opcode === 8 && payload.length >= 2) {
    const reason = new TextDecoder().decode(payload.subarray(2));
    return `code ${(payload[0] << 8) | payload[1]}${reason === "" ? "" : `, reason “${reason}”`}`;
  }
  if (frame.opcode === 1) return new TextDecoder().decode(payload, { stream: more !== "" }) + more;
  return hexOf(payload).join(" ") + more;
}

/** Header and the beginning of the payload as they travel, masked again if they were. */
function drawWire(code, frame, payload) {
  const key = keyBytes(frame);
  const onWire = frame.isMasked ? payload.map((byte, index) => byte ^ key[index % 4]) : payload;
  const more = frame.payloadLength > payload.length ? " …" : "";
  code.append(
    labelled("head", `${hexOf(headerBytes(frame)).join(" ")} `),
    labelled("key", frame.isMasked ? `${hexOf(key).join(" ")} ` : ""),
    hexOf(onWire).join(" ") + more,
  );
}

function headerBytes({ fin, rsv, opcode, isMasked, payloadLength }) {
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  const mask = isMasked ? 0x80 : 0;
  if (payloadLength < 126) return [first, mask | payloadLength];
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(payloadLength));
  const bytes = [...new Uint8Array(view.buffer)];
  if (payloadLength < 65536) return [first, mask | 126, ...bytes.slice(6)];
  return [first, mask | 127, ...bytes];
}

function keyBytes({ isMasked, maskingKey }) {
  return isMasked ? [24, 16, 8, 0].map((shift) => (maskingKey >>> shift) & 0xff) : [];
}

function bytesOf(hex) {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

function hexOf(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
}

connect();
