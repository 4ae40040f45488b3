// The opening handshake (RFC 6455 §1.3): the request of the page's browser, and the answer of the server.

const MEANINGS = [
  ["Upgrade", "HTTP up to here. With the 101, both sides go over to frames."],
  [
    "Sec-WebSocket-Key",
    "16 random bytes. The server hashes them with a text that only WebSocket knows, and answers with the result as Sec-WebSocket-Accept: so it has read the request, and no cache has answered.",
  ],
];

/** Fields that make the opening handshake what it is. */
const OWN_FIELDS = /^(?:upgrade|connection|sec-websocket-[a-z]+):/i;

export function drawHandshake({ request, response }) {
  return [
    head("→", "in", "to the server", request),
    head("←", "out", "to you", response),
    legendOf(MEANINGS),
  ];
}

function head(arrow, direction, caption, lines) {
  const box = element("div", `head-box ${direction}`);
  const title = element("p", "caption");
  const sign = element("span", "arrow", arrow);
  sign.ariaHidden = "true";
  title.append(sign, ` ${caption}`);
  const text = element("pre", "http-head");
  for (const [index, line] of lines.entries()) {
    const isOwn = index === 0 || OWN_FIELDS.test(line);
    text.append(index === 0 ? "" : "\n", element("span", isOwn ? "own-field" : "", line));
  }
  box.append(title, text);
  return box;
}

/** @param meanings [term, meaning] each. */
export function legendOf(meanings) {
  const list = element("dl", "legend");
  for (const [term, meaning] of meanings) {
    list.append(element("dt", "", term), element("dd", "", meaning));
  }
  return list;
}

function element(name, className, text = "") {
  const node = document.createElement(name);
  node.className = className;
  node.textContent = text;
  return node;
}
