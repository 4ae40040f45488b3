/**
 * Scenarios as text: what a failure prints, what a file of the corpus holds, and what is read back from both. One act stands on
 * a line; behind `#` stands a comment, for example the frames that the bytes are.
 */
import { readHeader, unmasked } from "../src/model/frame.ts";
import { fromHex, toHex } from "../src/wire/bytes.ts";
import { type Act, PLAIN_SETTING, type Scenario, type Setting } from "./scenario.ts";

/** The beginning of each line of a transcript, behind a scenario. */
export const TRANSCRIPT = "=> ";

const FLAGS = [
  "pieces",
  "isWatched",
  "usesInbox",
  "isCompressed",
  "echoes",
  "delaysClose",
  "isOriginFree",
] as const;

/** The scenario as lines. */
export function formatScenario({ setting, acts }: Scenario): string {
  const lines = [`endpoint ${setting.role} ${setting.from}`];
  for (const flag of FLAGS) {
    if (setting[flag] !== PLAIN_SETTING[flag]) lines.push(`option ${flag} ${setting[flag]}`);
  }
  if (setting.decision !== "accept") lines.push(`option decision ${setting.decision}`);
  for (const [name, value] of Object.entries(setting.limits)) lines.push(`limit ${name} ${value}`);
  for (const [name, value] of Object.entries(setting.timeouts)) {
    lines.push(`timeout-of ${name} ${value}`);
  }
  // A peer's head comes first; frames follow it.
  let isHead = setting.from === "opening";
  for (const act of acts) {
    if (act.kind === "say") {
      lines.push(...formatSay(act, isHead));
      isHead = false;
    } else {
      lines.push(formatAct(act));
    }
  }
  return `${lines.join("\n")}\n`;
}

function formatSay(act: Act & { readonly kind: "say" }, isHead: boolean): string[] {
  const way = `${act.hold === 0 ? "" : ` hold ${act.hold}`}${act.size === 0 ? "" : ` size ${act.size}`}`;
  if (isHead) {
    const text = String.fromCharCode(...act.bytes);
    return [`say-text ${JSON.stringify(text)}${way}`];
  }
  return [`say ${act.bytes.length === 0 ? "-" : toHex(act.bytes)}${way}  # ${comment(act.bytes)}`];
}

const OPCODES: Readonly<Record<number, string>> = {
  0: "continuation",
  1: "text",
  2: "binary",
  8: "close",
  9: "ping",
  10: "pong",
};

/** A description of the bytes as a frame. */
function comment(bytes: Uint8Array): string {
  const reading = readHeader(bytes, {
    isPeerMasked: (bytes[1] ?? 0) >= 128,
    claimedRsv: 7,
    fragments: bytes[0]! % 16 === 0 ? 1 : 0,
    fragmentLimit: 2,
  });
  if (reading === "incomplete") return "the beginning of a frame";
  if ("rule" in reading) return `${reading.rule} at byte ${reading.byte}`;
  const { fin, rsv, opcode, length } = reading.announced;
  const name = `${OPCODES[opcode]}${fin ? "" : ", not final"}${rsv === 0 ? "" : `, RSV ${rsv}`}, ${length} bytes`;
  const { header } = reading;
  if (header === null) return `${name}, its masking key cut off`;
  const payload = unmasked(bytes.slice(header.size), header.key, 0);
  const isCoded = opcode === 8 && payload.length >= 2;
  const code = isCoded ? `${payload[0]! * 256 + payload[1]!} ` : "";
  const text = payload.slice(isCoded ? 2 : 0, 24);
  const shown = code + String.fromCharCode(...text).replace(/[^ -~]/g, ".");
  const rest = payload.length === length ? "" : `, of which ${payload.length} are here`;
  return `${name}${rest}${shown === "" ? "" : `: ${shown}`}`;
}

function formatAct(act: Exclude<Act, { readonly kind: "say" }>): string {
  const { kind, ...facts } = act;
  const values = Object.values(facts).map((value: unknown) =>
    value instanceof Uint8Array ? `x${toHex(value)}` : JSON.stringify(value),
  );
  return [kind, ...values].join(" ");
}

/** @throws Error that names the line that is no act. */
export function parseScenario(text: string): Scenario {
  const setting: { -readonly [K in keyof Setting]: Setting[K] } = { ...PLAIN_SETTING };
  const acts: Act[] = [];
  for (const [index, written] of text.split("\n").entries()) {
    const words = wordsOf(written);
    if (words.length === 0) continue;
    try {
      if (!parseSetting(setting, words)) acts.push(parseAct(words));
    } catch (reason) {
      throw new Error(`line ${index + 1} of the scenario, ${written}: ${String(reason)}`);
    }
  }
  return { setting, acts };
}

/** Words and quoted strings, up to the comment. A line of a transcript has none. */
function wordsOf(line: string): string[] {
  if (line.startsWith(TRANSCRIPT)) return [];
  const words: string[] = [];
  for (const [word] of line.matchAll(/"(?:[^"\\]|\\.)*"|#.*$|[^\s"#]+/g)) {
    if (word.startsWith("#")) break;
    words.push(word);
  }
  return words;
}

function parseSetting(
  setting: { -readonly [K in keyof Setting]: Setting[K] },
  [word, name = "", value = ""]: readonly string[],
): boolean {
  switch (word) {
    case "endpoint":
      setting.role = oneOf(name, ["client", "server"]);
      setting.from = oneOf(value, ["open", "opening"]);
      return true;
    case "option":
      if (name === "decision") setting.decision = oneOf(value, ["accept", "refuse", "later"]);
      else setting[oneOf(name, FLAGS)] = oneOf(value, ["true", "false"]) === "true";
      return true;
    case "limit":
      setting.limits = { ...setting.limits, [name]: numberOf(value) };
      return true;
    case "timeout-of":
      setting.timeouts = { ...setting.timeouts, [name]: numberOf(value) };
      return true;
    default:
      return false;
  }
}

function oneOf<T extends string>(word: string, known: readonly T[]): T {
  if ((known as readonly string[]).includes(word)) return word as T;
  throw new Error(`${word} is none of ${known.join(", ")}`);
}

function numberOf(word: string | undefined): number {
  const number = Number(word);
  if (word === undefined || word === "" || !Number.isFinite(number) || number < 0) {
    throw new Error(`${word} is no number from 0 on`);
  }
  return number;
}

function bytesIn(word: string | undefined): Uint8Array {
  if (word === undefined || !/^x(?:[0-9a-f]{2})*$/.test(word)) {
    throw new Error(`${word} is no x with hexadecimal digits behind it`);
  }
  return fromHex(word.slice(1));
}

function dataIn(word: string | undefined): string | Uint8Array {
  return word?.startsWith('"') ? (JSON.parse(word) as string) : bytesIn(word);
}

function stringIn(word: string | undefined): string {
  if (word?.startsWith('"') !== true) throw new Error(`${word} is no quoted string`);
  return JSON.parse(word) as string;
}

function parseSay(bytes: Uint8Array, way: readonly string[]): Act {
  let hold = 0;
  let size = 0;
  for (let at = 0; at < way.length; at += 2) {
    if (oneOf(way[at]!, ["hold", "size"]) === "hold") hold = numberOf(way[at + 1]);
    else size = numberOf(way[at + 1]);
  }
  return { kind: "say", bytes, hold, size };
}

function parseAct([kind, one, two, ...rest]: readonly string[]): Act {
  const isTrue = (word: string | undefined): boolean =>
    oneOf(word ?? "", ["true", "false"]) === "true";
  switch (kind) {
    case "say":
      if (!/^(?:-|(?:[0-9a-f]{2})+)$/.test(one ?? "")) throw new Error(`${one} are no bytes`);
      return parseSay(fromHex(one!), two === undefined ? [] : [two, ...rest]);
    case "say-text": {
      const text = stringIn(one);
      const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
      return parseSay(bytes, two === undefined ? [] : [two, ...rest]);
    }
    case "end":
    case "tick":
    case "pause":
    case "resume":
    case "slow":
    case "fast":
    case "release":
    case "abort":
      return { kind };
    case "lose":
      return { kind, error: stringIn(one) };
    case "wait":
    case "timeout":
      return { kind, ms: numberOf(one) };
    case "take":
      return { kind, bytes: numberOf(one) };
    case "stop":
      return { kind, steps: numberOf(one) };
    case "text":
      return { kind, text: stringIn(one), compress: isTrue(two) };
    case "binary":
      return { kind, bytes: bytesIn(one), compress: isTrue(two) };
    case "start":
      return { kind, type: oneOf(stringIn(one), ["text", "binary"]) };
    case "fragment":
      return { kind, data: dataIn(one), final: isTrue(two) };
    case "ping":
      return { kind, bytes: one === "null" ? null : bytesIn(one) };
    case "pong":
      return { kind, bytes: bytesIn(one) };
    case "close":
      return { kind, code: numberOf(one), reason: stringIn(two) };
    case "decide":
      return { kind, how: oneOf(stringIn(one), ["accept", "refuse"]) };
    default:
      throw new Error(`${kind} is no act`);
  }
}
