/** The outcome of bytes at an endpoint, in the terms of a verdict; and whether the outcome is right. */
import { toHex } from "../wire/bytes.ts";
import { RULES } from "./rules.ts";
import type { End, Message, Verdict } from "./verdict.ts";

/** The outcome of the bytes that an endpoint received. */
export interface Outcome {
  /** The whole messages that it delivered, in order. */
  readonly messages: readonly Message[];
  /** The payloads of the pings that it told of, in order; null for an endpoint that does not tell of them. */
  readonly pings: readonly Uint8Array[] | null;
  /** The payloads of the pongs that it told of; null likewise. */
  readonly pongs: readonly Uint8Array[] | null;
  /** How things stood behind the last byte. */
  readonly end: End;
}

/**
 * Compares what an endpoint did with what RFC 6455 wants, by codes and never by names.
 * @returns null if it is right, otherwise the difference in words.
 */
export function judge(outcome: Outcome, verdict: Verdict): string | null {
  const { messages, pings, pongs, end } = outcome;
  const wanted = describeEnds(verdict);
  const keyOf = ({ type, bytes }: Message): string => type + toHex(bytes);
  if (!isSameList(messages.map(keyOf), verdict.messages.map(keyOf))) {
    return differ(
      "the messages are wrong",
      [...messages.map(showMessage), showEnd(end)],
      [...verdict.messages.map(showMessage), wanted],
    );
  }
  if (!verdict.ends.some((right) => showEnd(right) === showEnd(end))) {
    return differ("the end is wrong", [showEnd(end)], [wanted]);
  }
  const told = [
    ["pings", pings, verdict.pings],
    ["pongs", pongs, verdict.pongs],
  ] as const;
  for (const [what, some, right] of told) {
    if (some === null) continue;
    // Behind an open fault the endpoint may have stopped earlier.
    const isOpen = verdict.pingsDue < verdict.pings.length || verdict.ends.length > 1;
    const expected = isOpen ? right.slice(0, some.length) : right;
    const isEnough = what === "pongs" || some.length >= verdict.pingsDue;
    if (isEnough && isSameList(some.map(toHex), expected.map(toHex))) continue;
    return differ(`the ${what} are wrong`, some.map(showBytes), right.map(showBytes));
  }
  return null;
}

function isSameList(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((one, index) => one === others[index]);
}

function differ(what: string, told: readonly string[], wanted: readonly string[]): string {
  const list = (lines: readonly string[]): string => lines.join(", then ") || "nothing";
  return `${what}\n  told:   ${list(told)}\n  wanted: ${list(wanted)}`;
}

function showBytes(bytes: Uint8Array): string {
  const hex = toHex(bytes.length > 40 ? bytes.subarray(0, 40) : bytes);
  return bytes.length === 0
    ? "(empty)"
    : bytes.length > 40
      ? `${hex}... (${bytes.length} bytes)`
      : hex;
}

function showMessage({ type, bytes }: Message): string {
  return `${type} ${showBytes(bytes)}`;
}

/** An end in words. */
export function showEnd(end: End): string {
  if (end.kind === "open") return "an open connection";
  if (end.kind === "failure") return `a failure with ${end.code}`;
  const reason = end.reason === "" ? "" : ` ${JSON.stringify(end.reason)}`;
  return end.code === null
    ? "the peer's Close without a code"
    : `the peer's Close ${end.code}${reason}`;
}

/** The right ends and their reason, in words. */
export function describeEnds({ ends, fault }: Verdict): string {
  const right = ends.map(showEnd).join(" or ");
  if (fault === null) return right;
  return `${right}, because ${describeFault(fault)}`;
}

/** A fault in words. */
export function describeFault({ rule, offset }: NonNullable<Verdict["fault"]>): string {
  return `${RULES[rule].says} (RFC 6455 §${RULES[rule].section}), and byte ${offset} breaks that rule`;
}

/** An outcome in words, whole, so that two can be compared. */
export function showOutcome({ messages, end }: Outcome): string {
  return [...messages.map(({ type, bytes }) => `${type} ${toHex(bytes)}`), showEnd(end)].join(
    ", then ",
  );
}
