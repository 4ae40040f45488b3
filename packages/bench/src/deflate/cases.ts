/** The messages that are exchanged under permessage-deflate, and the terms of each exchange. */

export interface DeflateCase {
  readonly name: string;
  /** "chat": JSON of some 150 bytes. "json": JSON of some 2 KB. */
  readonly traffic: "chat" | "json";
  /**
   * "takeover": both servers keep their contexts, at level 3, and compress every message. "defaults": what each server does
   * when it is told no more than to compress. "none": no context is kept, either way. "off": no compression.
   */
  readonly terms: "takeover" | "defaults" | "none" | "off";
  /** The row of the targets that the case is about; null where nothing was promised. */
  readonly id: string | null;
}

export const CASES: readonly DeflateCase[] = [
  { name: "chat-takeover", traffic: "chat", terms: "takeover", id: "Z1" },
  { name: "json-takeover", traffic: "json", terms: "takeover", id: null },
  { name: "chat-defaults", traffic: "chat", terms: "defaults", id: null },
  { name: "json-defaults", traffic: "json", terms: "defaults", id: null },
];

/** The memory that a connection costs, on our side only. */
export const MEMORY_CASES: readonly DeflateCase[] = [
  { name: "memory-off", traffic: "json", terms: "off", id: null },
  { name: "memory-none", traffic: "json", terms: "none", id: null },
  { name: "memory-defaults", traffic: "json", terms: "defaults", id: null },
  { name: "memory-takeover", traffic: "json", terms: "takeover", id: null },
];

export const LEVEL = 3;

export function caseNamed(name: string): DeflateCase {
  const found = [...CASES, ...MEMORY_CASES].find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new Error(`no case ${name}; there are ${CASES.map((one) => one.name).join(", ")}`);
}

/** Messages as a chat or an API sends them: alike, and never twice the same. The same in every process. */
export function messagesOf({ traffic }: Pick<DeflateCase, "traffic">, count: number): string[] {
  return Array.from({ length: count }, (_, index) =>
    traffic === "chat" ? chatMessage(index) : apiMessage(index),
  );
}

const WORDS =
  "the quick brown fox jumps over a lazy dog while seven wizards box their jugs of liquor and a sphinx judges my vow".split(
    " ",
  );

function words(seed: number, count: number): string {
  return Array.from(
    { length: count },
    (_, index) => WORDS[(seed * 7 + index * (3 + (seed % 5))) % WORDS.length],
  ).join(" ");
}

function chatMessage(index: number): string {
  return JSON.stringify({
    type: "message",
    room: "general",
    from: `user-${(index * 13) % 97}`,
    at: 1_764_000_000_000 + index * 1_371,
    text: words(index, 9),
  });
}

function apiMessage(index: number): string {
  const items = Array.from({ length: 12 }, (_, item) => ({
    id: index * 12 + item,
    sku: `SKU-${((index + item) * 7_919) % 99_991}`,
    title: words(index + item, 6),
    price: ((index * 31 + item * 17) % 9_000) / 100,
    inStock: (index + item) % 3 !== 0,
  }));
  return JSON.stringify({ page: index, items });
}
