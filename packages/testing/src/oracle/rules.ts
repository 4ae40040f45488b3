/**
 * The rules that a peer can break behind the opening handshake: where RFC 6455 says each of them, and the close codes that
 * answer it. The names are for people: nothing compares them with the names of an engine.
 */

/** One rule of RFC 6455. */
export interface Rule {
  /** The section of RFC 6455. */
  readonly section: string;
  /** Every close code that is right when the rule is broken (§7.4.1). */
  readonly codes: readonly number[];
  /** The rule in our words, as the end of "the peer broke a rule:". */
  readonly says: string;
}

/** The name of a rule. */
export type RuleName =
  | "reserved bit"
  | "reserved opcode"
  | "fragmented control frame"
  | "long control frame"
  | "missing mask"
  | "unwanted mask"
  | "stray continuation"
  | "interleaved message"
  | "length not minimal"
  | "length with top bit"
  | "message too big"
  | "text not UTF-8"
  | "close body of one byte"
  | "close code"
  | "close reason not UTF-8";

const PROTOCOL_ERROR = [1002];

/** The rules, by name. */
export const RULES: Readonly<Record<RuleName, Rule>> = {
  "reserved bit": {
    section: "5.2",
    codes: PROTOCOL_ERROR,
    says: "RSV1, RSV2 and RSV3 are 0 unless an extension gives them a meaning",
  },
  "reserved opcode": {
    section: "5.2",
    codes: PROTOCOL_ERROR,
    says: "opcodes 3 to 7 and 11 to 15 are reserved",
  },
  "fragmented control frame": {
    section: "5.5",
    codes: PROTOCOL_ERROR,
    says: "a control frame is never fragmented",
  },
  "long control frame": {
    section: "5.5",
    codes: PROTOCOL_ERROR,
    says: "a control frame has at most 125 bytes of payload",
  },
  "missing mask": {
    section: "5.1",
    codes: PROTOCOL_ERROR,
    says: "a client masks every frame",
  },
  "unwanted mask": {
    section: "5.1",
    codes: PROTOCOL_ERROR,
    says: "a server masks no frame",
  },
  "stray continuation": {
    section: "5.4",
    codes: PROTOCOL_ERROR,
    says: "a Continuation frame continues a message that is under way",
  },
  "interleaved message": {
    section: "5.4",
    codes: PROTOCOL_ERROR,
    says: "no message begins while another one is under way",
  },
  "length not minimal": {
    section: "5.2",
    codes: PROTOCOL_ERROR,
    says: "a length takes the fewest bytes that hold it",
  },
  "length with top bit": {
    section: "5.2",
    codes: [1002, 1009],
    says: "the most significant bit of a 64-bit length is 0",
  },
  "message too big": {
    section: "7.4.1",
    codes: [1009],
    says: "a message is not larger than the endpoint can take",
  },
  "text not UTF-8": {
    section: "8.1",
    codes: [1007],
    says: "the payload of a text message is UTF-8",
  },
  "close body of one byte": {
    section: "5.5.1",
    codes: PROTOCOL_ERROR,
    says: "the body of a Close is empty, or begins with a code of two bytes",
  },
  "close code": {
    section: "7.4",
    codes: PROTOCOL_ERROR,
    says: "a Close has a code that may be on the wire: not below 1000, not 1005, 1006 or 1015, not above 4999",
  },
  "close reason not UTF-8": {
    section: "5.5.1",
    codes: [1002, 1007],
    says: "the reason of a Close is UTF-8",
  },
};
