/**
 * The oracle: what RFC 6455 wants of an endpoint that receives these bytes behind the opening handshake, and nothing but
 * these bytes. It is written from the RFC, reads everything at once, and shares no code with the engine.
 *
 * The RFC leaves it to the endpoint when to judge. A header can be judged when it has arrived, or when its frame has; text
 * at each byte, or when its message is whole. So a fault can be *open* for a while: an endpoint may fail now, and must fail
 * later. Where the bytes end before "later", both are right, and the verdict has more than one end.
 */
import { requireBytes, requireCount, requireOneOf, requireOptions, requireRole } from "../given.ts";
import { joinBytes } from "../wire/bytes.ts";
import { type ReadFrame, readFrames } from "../wire/frame-reader.ts";
import { decodeText } from "../wire/text.ts";
import { readUtf8 } from "../wire/utf8-reader.ts";
import { headerFaults } from "./header-faults.ts";
import { RULES, type RuleName } from "./rules.ts";

/** Which endpoint receives the bytes. */
export interface VerdictSettings {
  /** The side of the endpoint that receives. */
  readonly role: "client" | "server";
  /** The largest message that the endpoint takes, in bytes. Default: none is known, and the endpoint may have one of its own. */
  readonly messageLimit?: number;
  /**
   * "early": the endpoint promises to judge a header when it has arrived, and text at each byte, so that fewer ends are right.
   * Default: "any time", as the RFC allows.
   */
  readonly judges?: "early" | "any time";
}

/** A whole message. */
export interface Message {
  /** The type of the message. */
  readonly type: "text" | "binary";
  /** Its payload, unmasked and joined. */
  readonly bytes: Uint8Array;
}

/** How things stand behind the last byte. */
export type End =
  /** The peer's Close was taken. `code` is null if the Close had none (RFC 6455 §7.1.5 calls that 1005). */
  | { readonly kind: "close"; readonly code: number | null; readonly reason: string }
  /** The endpoint failed the connection (§7.1.7) with this close code. */
  | { readonly kind: "failure"; readonly code: number }
  /** Neither: the connection stands, or the stream ended without a Close (§7.1.5 calls that 1006). */
  | { readonly kind: "open" };

/** A rule that the peer broke. */
export interface Fault {
  /** Its name in {@link RULES}. */
  readonly rule: RuleName;
  /** The offset of the byte that breaks the rule. */
  readonly offset: number;
}

/** The demands of RFC 6455. */
export interface Verdict {
  /** The messages that are delivered, all of them, in this order. */
  readonly messages: readonly Message[];
  /** The payloads of the pings, in order. */
  readonly pings: readonly Uint8Array[];
  /** How many of the pings must be told in any case: behind an open fault the endpoint may have failed already. */
  readonly pingsDue: number;
  /** The payloads of the pongs, in order. */
  readonly pongs: readonly Uint8Array[];
  /** Each of these ends is right. */
  readonly ends: readonly End[];
  /** The first rule that is broken; null if the bytes are lawful so far. */
  readonly fault: Fault | null;
}

/** Codes that IANA has registered since, or that the RFC reserves for its future (§7.4.2): taking and refusing are both right. */
function isDoubtfulCode(code: number): boolean {
  return code === 1004 || (code >= 1012 && code <= 2999 && code !== 1015);
}

function isWrongCode(code: number): boolean {
  return code < 1000 || code > 4999 || code === 1005 || code === 1006 || code === 1015;
}

/**
 * The demands of RFC 6455 on an endpoint that receives `bytes` behind the handshake. Takes any bytes.
 * @throws TypeError or RangeError for settings that are none.
 */
export function verdictOf(bytes: Uint8Array, settings: VerdictSettings): Verdict {
  requireBytes("the stream", bytes);
  requireOptions("verdictOf", settings, ["role", "messageLimit", "judges"]);
  requireRole(settings.role);
  if (settings.messageLimit !== undefined) requireCount("messageLimit", settings.messageLimit, 0);
  if (settings.judges !== undefined) requireOneOf("judges", settings.judges, ["early", "any time"]);
  return new Reading(settings).read(bytes);
}

/** The state of the reading, in the order in which the RFC speaks of it. */
class Reading {
  readonly #settings: VerdictSettings;
  readonly #messages: Message[] = [];
  readonly #pings: Uint8Array[] = [];
  readonly #pongs: Uint8Array[] = [];
  /** The message under way: its type, and the fragments so far. */
  #type: "text" | "binary" | null = null;
  #fragments: ReadFrame[] = [];
  #fault: Fault | null = null;
  /** The codes of faults that are open: the endpoint may fail with them now. */
  readonly #openCodes = new Set<number>();
  #pingsDue: number | null = null;

  constructor(settings: VerdictSettings) {
    this.#settings = settings;
  }

  read(bytes: Uint8Array): Verdict {
    for (const frame of readFrames(bytes)) {
      const ends = this.#take(frame);
      if (ends !== null) return this.#verdict(ends);
    }
    return this.#verdict([{ kind: "open" }]);
  }

  /** The ends, if the frame ends the connection. */
  #take(frame: ReadFrame): readonly End[] | null {
    if (frame.opcode < 8) this.#allowOwnLimit(frame);
    const faults = headerFaults(frame, {
      role: this.#settings.role,
      isUnderWay: this.#type !== null,
      taken: this.#taken,
      messageLimit: this.#settings.messageLimit,
    });
    const [first] = faults;
    if (first !== undefined) {
      const isEarly = this.#settings.judges === "early" && faults.some(({ isSeen }) => isSeen);
      const isDue = isEarly || frame.isWhole || faults.some(({ isFinal }) => isFinal);
      return this.#break(
        first.rule,
        first.offset,
        isDue,
        faults.flatMap(({ rule }) => RULES[rule].codes),
      );
    }
    if (frame.opcode >= 8) return frame.isWhole ? this.#takeControl(frame) : null;
    return this.#takeData(frame);
  }

  /**
   * An endpoint may have a limit of its own (§10.4), and none can be expected to refuse less than {@link LEAST_OWN_LIMIT}. The
   * header says the length: whatever else is wrong with the frame, an endpoint may look at the length first.
   */
  #allowOwnLimit({ opcode, length }: ReadFrame): void {
    if (this.#settings.messageLimit !== undefined || length === null) return;
    const before = opcode === 0 ? this.#taken : 0;
    if (before + length > LEAST_OWN_LIMIT) this.#open("message too big");
  }

  get #taken(): number {
    return this.#fragments.reduce((sum, { payload }) => sum + payload.length, 0);
  }

  #takeData(frame: ReadFrame): readonly End[] | null {
    if (frame.opcode !== 0) {
      this.#type = frame.opcode === 1 ? "text" : "binary";
      this.#fragments = [];
    }
    this.#fragments.push(frame);
    const payload = joinBytes(this.#fragments.map((fragment) => fragment.payload));
    const isLast = frame.fin && frame.isWhole;
    if (this.#type === "text") {
      const { badAt, openAt } = readUtf8(payload);
      const at = badAt ?? (isLast ? openAt : null);
      if (at !== null) {
        const isDue = isLast || this.#settings.judges === "early";
        const ends = this.#break("text not UTF-8", this.#offsetOf(at), isDue);
        if (isDue) return ends;
      }
    }
    if (isLast) {
      this.#messages.push({ type: this.#type!, bytes: payload });
      this.#type = null;
      this.#fragments = [];
    }
    return null;
  }

  /** The place in the stream of a byte of the message. */
  #offsetOf(at: number): number {
    let rest = at;
    for (const { payload, payloadStart } of this.#fragments) {
      if (rest < payload.length) return payloadStart! + rest;
      rest -= payload.length;
    }
    return this.#fragments.at(-1)!.end;
  }

  #takeControl({ opcode, payload, payloadStart }: ReadFrame): readonly End[] | null {
    if (opcode === 9) this.#pings.push(payload);
    if (opcode === 10) this.#pongs.push(payload);
    if (opcode !== 8) return null;
    if (payload.length === 0) return [{ kind: "close", code: null, reason: "" }];
    if (payload.length === 1) return this.#break("close body of one byte", payloadStart!);
    const code = payload[0]! * 256 + payload[1]!;
    const reason = decodeText(payload.subarray(2));
    const codes = [
      ...(isWrongCode(code) || isDoubtfulCode(code) ? RULES["close code"].codes : []),
      ...(reason === null ? RULES["close reason not UTF-8"].codes : []),
    ];
    if (isWrongCode(code)) return this.#break("close code", payloadStart!, true, codes);
    if (reason === null) {
      return this.#break("close reason not UTF-8", payloadStart! + 2, true, codes);
    }
    return [
      { kind: "close", code, reason },
      ...codes.map((failure): End => ({ kind: "failure", code: failure })),
    ];
  }

  #open(rule: RuleName): void {
    for (const code of RULES[rule].codes) this.#openCodes.add(code);
    this.#pingsDue ??= this.#pings.length;
  }

  /** The ends behind a broken rule; while it is not due, the endpoint may also wait. */
  #break(
    rule: RuleName,
    offset: number,
    isDue = true,
    codes: readonly number[] = RULES[rule].codes,
  ): readonly End[] {
    this.#fault ??= { rule, offset };
    if (!isDue) this.#open(rule);
    const failures = [...new Set(codes)].map((code): End => ({ kind: "failure", code }));
    return isDue ? failures : [{ kind: "open" }, ...failures];
  }

  #verdict(ends: readonly End[]): Verdict {
    const known = new Set(ends.map((end) => (end.kind === "failure" ? end.code : null)));
    const open = [...this.#openCodes].filter((code) => !known.has(code));
    return {
      messages: this.#messages,
      pings: this.#pings,
      pingsDue: this.#pingsDue ?? this.#pings.length,
      pongs: this.#pongs,
      ends: [...ends, ...open.map((code): End => ({ kind: "failure", code }))],
      fault: this.#fault,
    };
  }
}

/** Bytes. */
const LEAST_OWN_LIMIT = 1_048_576;
