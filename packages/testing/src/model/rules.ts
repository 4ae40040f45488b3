/**
 * The rules that a peer can break, in the words of `@sansocket/core`, with the section that forbids the breach and the code or
 * the status that answers it. The table was written from RFC 6455 §5, §7 and §8, RFC 9112 and RFC 9110, not from the engine.
 */

/** A broken rule, as the model reports it. */
export interface BrokenRule {
  /** The rule. */
  readonly rule: string;
  /** Of RFC 6455, or with its RFC before it. */
  readonly section: string;
  /** The code of the Close that answers; 0 in the opening handshake. */
  readonly closeCode: number;
  /** The HTTP status that answers; 0 behind the opening handshake, and 0 where a client judges. */
  readonly status: number;
  /** Bytes before the byte that proves the breach; -1 when no single byte does. */
  readonly offset: number;
}

/** §7.4.1: 1002 protocol error, 1007 not consistent with the type, 1008 policy, 1009 too big. */
const WIRE: Readonly<Record<string, readonly [section: string, closeCode: number]>> = {
  "reserved-bit-set": ["5.2", 1002],
  "reserved-opcode": ["5.2", 1002],
  "mask-missing": ["5.1", 1002],
  "mask-unexpected": ["5.1", 1002],
  "control-fragmented": ["5.5", 1002],
  "control-too-long": ["5.5", 1002],
  "length-not-minimal": ["5.2", 1002],
  "length-top-bit-set": ["5.2", 1002],
  "length-unsafe": ["10.4", 1009],
  "frame-too-large": ["10.4", 1009],
  "continuation-unexpected": ["5.4", 1002],
  "continuation-missing": ["5.4", 1002],
  "message-too-large": ["10.4", 1009],
  "too-many-fragments": ["10.4", 1008],
  "text-not-utf8": ["8.1", 1007],
  "text-truncated": ["8.1", 1007],
  "extension-data-corrupt": ["9", 1007],
  "close-body-one-byte": ["5.5.1", 1002],
  "close-code-invalid": ["7.4", 1002],
  "close-reason-not-utf8": ["5.5.1", 1007],
};

/** The status is that of a server's answer. A client answers no response. */
const OPENING: Readonly<Record<string, readonly [section: string, status: number]>> = {
  "head-too-large": ["RFC 6585 5", 431],
  "request-line-too-long": ["RFC 9112 3", 414],
  "line-too-long": ["RFC 6585 5", 431],
  "too-many-headers": ["RFC 6585 5", 431],
  "bare-line-feed": ["RFC 9112 2.2", 400],
  "bare-carriage-return": ["RFC 9112 2.2", 400],
  "obsolete-folding": ["RFC 9112 5.2", 400],
  "space-before-colon": ["RFC 9112 5.1", 400],
  "header-name-malformed": ["RFC 9112 5", 400],
  "header-value-malformed": ["RFC 9110 5.5", 400],
  "request-line-malformed": ["RFC 9112 3", 400],
  "status-line-malformed": ["RFC 9112 4", 0],
  "http-version-unsupported": ["RFC 9110 2.5", 505],
  "target-malformed": ["RFC 9112 3.2", 400],
  "host-missing": ["RFC 9112 3.2", 400],
  "host-duplicate": ["RFC 9112 3.2", 400],
  "host-malformed": ["RFC 9112 3.2", 400],
  "content-length-malformed": ["RFC 9112 6.3", 400],
  "transfer-encoding-malformed": ["RFC 9112 6.3", 400],
  "body-length-ambiguous": ["RFC 9112 6.1", 400],
  "method-not-get": ["4.2.1", 405],
  "body-in-upgrade": ["4.2.1", 400],
  "connection-close": ["RFC 9112 9.6", 400],
  "key-missing": ["4.2.1", 400],
  "key-duplicate": ["11.3.1", 400],
  "key-malformed": ["4.2.1", 400],
  "version-missing": ["4.2.1", 400],
  "version-unsupported": ["4.4", 426],
  "origin-duplicate": ["RFC 6454 7.3", 400],
  "origin-refused": ["10.2", 403],
  "protocol-malformed": ["4.1", 400],
  "extensions-malformed": ["9.1", 400],
  "upgrade-missing": ["4.2.1", 426],
  "connection-upgrade-missing": ["4.2.1", 400],
  "status-not-101": ["4.1", 0],
  "upgrade-not-websocket": ["4.1", 0],
  "accept-missing": ["4.1", 0],
  "accept-duplicate": ["11.3.3", 0],
  "accept-wrong": ["4.1", 0],
  "protocol-not-offered": ["4.1", 0],
  "protocol-duplicate": ["11.3.4", 0],
  "response-extensions-malformed": ["9.1", 0],
  "extension-not-offered": ["4.1", 0],
};

/** Every rule that the model knows, for reports of how often each was broken. */
export const MODEL_RULES: readonly string[] = [...Object.keys(WIRE), ...Object.keys(OPENING)];

/** A rule of frames, messages and Closes. */
export function wireBreach(rule: string, offset: number): BrokenRule {
  const [section, closeCode] = WIRE[rule]!;
  return { rule, section, closeCode, status: 0, offset };
}

/** A rule of the opening handshake, as the judge of this role reports it. A client's requirements are in §4.1. */
export function openingBreach(
  rule: string,
  judge: "client" | "server",
  offset: number = -1,
): BrokenRule {
  const [section, status] = OPENING[rule]!;
  if (judge === "server") return { rule, section, closeCode: 0, status, offset };
  return { rule, section: section === "4.2.1" ? "4.1" : section, closeCode: 0, status: 0, offset };
}
