// A frame, bit by bit, as RFC 6455 §5.2 draws it; from what the server's engine reported of it.
import { legendOf } from "./handshake-drawing.js";

const OPCODES = {
  0: "Continuation",
  1: "Text",
  2: "Binary",
  8: "Close",
  9: "Ping",
  10: "Pong",
};

const OPCODE_MEANINGS = {
  0: "Continuation: the next part of a message that an earlier frame began.",
  1: "Text: the payload is UTF-8.",
  2: "Binary: the payload is bytes, whatever they mean.",
  8: "Close: the payload is a code of 16 bits and perhaps a reason. The connection ends.",
  9: "Ping: whoever gets it answers with a Pong that has the same payload.",
  10: "Pong: the answer to a Ping, with the payload of that one.",
};

export const opcodeName = ({ opcode }) => OPCODES[opcode] ?? `Reserved 0x${opcode.toString(16)}`;

export function bytesOf(hex) {
  return Uint8Array.from(hex.match(/../g) ?? [], (octet) => Number.parseInt(octet, 16));
}

export function hexOf(octets) {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0"));
}

/** The beginning of the payload, in words where it has some. */
export function describePayload(frame) {
  const payload = bytesOf(frame.payload);
  const isCut = frame.payloadLength > payload.length;
  const more = isCut ? " …" : "";
  if (frame.opcode === 8 && payload.length >= 2) {
    const reason = new TextDecoder().decode(payload.subarray(2));
    return `${(payload[0] << 8) | payload[1]}${reason === "" ? "" : ` “${reason}”`}`;
  }
  // A character that is cut in two at the end is left out.
  if (frame.opcode === 1) return new TextDecoder().decode(payload, { stream: isCut }) + more;
  return hexOf(payload).join(" ") + more;
}

/** The bytes before the payload, without the masking key. */
export function headerOctets({ fin, rsv, opcode, isMasked, payloadLength }) {
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  const mask = isMasked ? 0x80 : 0;
  if (payloadLength < 126) return [first, mask | payloadLength];
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(payloadLength));
  const octets = [...new Uint8Array(view.buffer)];
  if (payloadLength < 65536) return [first, mask | 126, ...octets.slice(6)];
  return [first, mask | 127, ...octets];
}

export function keyOctets({ isMasked, maskingKey }) {
  return isMasked ? [24, 16, 8, 0].map((shift) => (maskingKey >>> shift) & 0xff) : [];
}

/** Sixteen bits a row, as wide as they are on the wire; below them the bytes themselves. */
export function drawFrame(frame) {
  const grid = element("div", "grid");
  const { payloadLength: length, fin, rsv, isMasked } = frame;
  const lengthField = lengthFieldOf(length);
  const bit = (name, isSet) => field(grid, 1, name, isSet ? "1" : "0", isSet);
  bit("FIN", fin);
  bit("RSV1", (rsv & 4) !== 0);
  bit("RSV2", (rsv & 2) !== 0);
  bit("RSV3", (rsv & 1) !== 0);
  const opcode = field(grid, 4, "opcode", hexOfOpcode(frame), true);
  addNote(opcode, OPCODES[frame.opcode]?.toLowerCase() ?? "reserved");
  bit("MASK", isMasked);
  const lengthBox = field(grid, 7, "payload length", String(lengthField), true);
  addNote(lengthBox, lengthField < 126 ? "in 7 bits" : `${extensionBits(length)} bits follow`);
  if (lengthField >= 126) {
    const name = `extended payload length, ${extensionBits(length)} bits`;
    wide(grid, name, `${length} ${unitOf(length)}`);
  }
  if (isMasked) wide(grid, "masking key, 32 bits", hexOf(keyOctets(frame)).join(" "));
  const payloadName = isMasked ? "payload, after unmasking" : "payload, sent without a mask";
  if (length > 0) wide(grid, payloadName, describePayload(frame));
  return [grid, drawWire(frame), legendOf(meaningsOf(frame))];
}

/** §5.2: seven bits, of which two values are no length but say where it stands. */
const lengthFieldOf = (length) => (length < 126 ? length : length < 65536 ? 126 : 127);
const extensionBits = (length) => (length < 65536 ? 16 : 64);
const unitOf = (length) => (length === 1 ? "byte" : "bytes");
const hexOfOpcode = ({ opcode }) => `0x${opcode.toString(16)}`;

/** In the order of the fields. */
function meaningsOf(frame) {
  const { payloadLength: length, fin, isMasked } = frame;
  const lengthField = lengthFieldOf(length);
  return [
    [
      `FIN ${fin ? 1 : 0}`,
      fin
        ? "The last frame of its message, or the only one."
        : "More frames of this message follow.",
    ],
    [hexOfOpcode(frame), OPCODE_MEANINGS[frame.opcode] ?? "Reserved: no meaning is agreed on."],
    [
      `MASK ${isMasked ? 1 : 0}`,
      isMasked
        ? "Masked, as all that a client sends: each byte is XORed with one of the key."
        : "Not masked: only clients mask.",
    ],
    [
      String(lengthField),
      lengthField < 126
        ? "The length itself: up to 125, these 7 bits hold it."
        : `No length yet: it stands in the ${extensionBits(length)} bits behind. (126 says 16 bits, 127 says 64.)`,
    ],
  ];
}

function addNote(box, text) {
  box.append(element("span", "field-note", text));
}

function drawWire(frame) {
  const key = keyOctets(frame);
  const payload = bytesOf(frame.payload);
  const onWire = isMaskedOnWire(key)
    ? payload.map((octet, index) => octet ^ key[index % 4])
    : payload;
  const more = frame.payloadLength > payload.length ? " …" : "";
  const wire = element("p", "bytes");
  const code = element("code", "");
  code.append(
    element("span", "head-bytes", `${hexOf(headerOctets(frame)).join(" ")} `),
    element("span", "key-bytes", key.length > 0 ? `${hexOf(key).join(" ")} ` : ""),
    hexOf(onWire).join(" ") + more,
  );
  wire.append(
    element("span", "caption", `bytes on the wire, from ${frame.offset.toLocaleString()} on`),
    code,
  );
  return wire;
}

const isMaskedOnWire = (key) => key.length > 0;

function field(grid, bits, name, value, isSet) {
  const box = element("div", `field${isSet ? " set" : ""}${bits === 1 ? " bit" : ""}`);
  box.style.gridColumn = `span ${bits}`;
  box.append(element("span", "field-name", name), element("span", "field-value", value));
  grid.append(box);
  return box;
}

/** A line of it breaks behind a comma rather than before one. */
function wide(grid, name, value) {
  const box = field(grid, 16, name, "", false);
  box.classList.add("wide");
  const [first, ...others] = value.split(",");
  const parts = others.flatMap((part) => [",", document.createElement("wbr"), part]);
  box.lastElementChild.append(first, ...parts);
}

function element(name, className, text = "") {
  const node = document.createElement(name);
  node.className = className;
  node.textContent = text;
  return node;
}
