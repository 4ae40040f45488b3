/**
 * A handshake fault: a value that tells the rule which the peer's part of the opening handshake breaks. A fault of the head
 * machine has the offset of the byte that proves the fault. A verdict over a finished head has no offset.
 */

export const HandshakeFaultKind = {
  // The head, byte by byte (`http-head.ts`).
  HeadTooLarge: "head-too-large",
  RequestLineTooLong: "request-line-too-long",
  LineTooLong: "line-too-long",
  TooManyHeaders: "too-many-headers",
  BareLineFeed: "bare-line-feed",
  BareCarriageReturn: "bare-carriage-return",
  ObsoleteFolding: "obsolete-folding",
  SpaceBeforeColon: "space-before-colon",
  HeaderNameMalformed: "header-name-malformed",
  HeaderValueMalformed: "header-value-malformed",
  RequestLineMalformed: "request-line-malformed",
  StatusLineMalformed: "status-line-malformed",
  HttpVersionUnsupported: "http-version-unsupported",
  // The client's part, judged by a server (`request.ts`).
  TargetMalformed: "target-malformed",
  HostMissing: "host-missing",
  HostDuplicate: "host-duplicate",
  HostMalformed: "host-malformed",
  ContentLengthMalformed: "content-length-malformed",
  TransferEncodingMalformed: "transfer-encoding-malformed",
  BodyLengthAmbiguous: "body-length-ambiguous",
  MethodNotGet: "method-not-get",
  BodyInUpgrade: "body-in-upgrade",
  ConnectionClose: "connection-close",
  KeyMissing: "key-missing",
  KeyDuplicate: "key-duplicate",
  KeyMalformed: "key-malformed",
  VersionMissing: "version-missing",
  VersionUnsupported: "version-unsupported",
  OriginDuplicate: "origin-duplicate",
  /** The endpoint floor makes this fault, when `isOriginAllowed` answers false. */
  OriginRefused: "origin-refused",
  /** The endpoint floor makes this fault, when `isHostAllowed` answers false. */
  HostRefused: "host-refused",
  ProtocolMalformed: "protocol-malformed",
  ExtensionsMalformed: "extensions-malformed",
  // Both parts.
  UpgradeMissing: "upgrade-missing",
  ConnectionUpgradeMissing: "connection-upgrade-missing",
  // The server's part, judged by a client (`response.ts`).
  StatusNot101: "status-not-101",
  UpgradeNotWebSocket: "upgrade-not-websocket",
  AcceptMissing: "accept-missing",
  AcceptDuplicate: "accept-duplicate",
  AcceptWrong: "accept-wrong",
  ProtocolNotOffered: "protocol-not-offered",
  ProtocolDuplicate: "protocol-duplicate",
  ResponseExtensionsMalformed: "response-extensions-malformed",
  ExtensionNotOffered: "extension-not-offered",
  ExtensionDuplicate: "extension-duplicate",
  ExtensionParametersRefused: "extension-parameters-refused",
  // A proxy's part, judged by a client (`proxy-tunnel.ts`).
  UpgradeNotRequested: "upgrade-not-requested",
} as const;
export type HandshakeFaultKind = (typeof HandshakeFaultKind)[keyof typeof HandshakeFaultKind];

/** A fault of the other side's part of the opening handshake (RFC 6455 §4). */
export interface HandshakeFault {
  /** The rule that the peer broke. */
  readonly kind: HandshakeFaultKind;
  /** The section that forbids it: of RFC 6455 ("4.2.1"), or with its RFC before it ("RFC 9112 5.1"). */
  readonly section: string;
  /** The HTTP status of the server's answer; 0 when a client judges, since a client does not answer a response. */
  readonly status: number;
  /** Bytes from the start of the stream to the one that proves the fault; -1 for a verdict over a header list. */
  readonly offset: number;
}

/** By kind: the section that forbids it, and the status of the server's answer. The only place where either is written. */
type Rules = { readonly [K in HandshakeFaultKind]?: readonly [section: string, status: number] };

/** The faults of any head. */
const OfHeads: Rules = {
  "head-too-large": ["RFC 6585 5", 431],
  "line-too-long": ["RFC 6585 5", 431],
  "too-many-headers": ["RFC 6585 5", 431],
  "bare-line-feed": ["RFC 9112 2.2", 400],
  "bare-carriage-return": ["RFC 9112 2.2", 400],
  "obsolete-folding": ["RFC 9112 5.2", 400],
  "space-before-colon": ["RFC 9112 5.1", 400],
  "header-name-malformed": ["RFC 9112 5", 400],
  "header-value-malformed": ["RFC 9110 5.5", 400],
  "http-version-unsupported": ["RFC 9110 2.5", 505],
};

/** The faults of a request. A program that makes only clients does not carry them. */
const OfRequests: Rules = {
  // Only its target can make a request line so long.
  "request-line-too-long": ["RFC 9112 3", 414],
  "request-line-malformed": ["RFC 9112 3", 400],
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
  // RFC 9110 §15.5.20: the server does not answer for that authority.
  "host-refused": ["RFC 9110 7.4", 421],
  "protocol-malformed": ["4.1", 400],
  "extensions-malformed": ["9.1", 400],
  // RFC 9110 §15.5.22: the server refuses the current protocol, but might do it after an upgrade.
  "upgrade-missing": ["4.2.1", 426],
  "connection-upgrade-missing": ["4.2.1", 400],
};

/** The faults of a response, each with its section. Section 4.1 of RFC 6455 has the others, and forbids them to a server. */
const OfResponses: { readonly [K in HandshakeFaultKind]?: string } = {
  "status-line-malformed": "RFC 9112 4",
  "accept-duplicate": "11.3.3",
  "protocol-duplicate": "11.3.4",
  "response-extensions-malformed": "9.1",
  "extension-duplicate": "9.1",
  "extension-parameters-refused": "9.1",
  "upgrade-not-requested": "RFC 9110 7.8",
};

/** The fault as a server sees it in a request, with the status it answers. Plain data. */
export function requestFault(kind: HandshakeFaultKind, offset: number = -1): HandshakeFault {
  const [section, status] = (OfHeads[kind] ?? OfRequests[kind])!;
  return { kind, section, status, offset };
}

/** The fault as a client sees it in a response. The status is 0, because a client does not answer a response. */
export function responseFault(kind: HandshakeFaultKind, offset: number = -1): HandshakeFault {
  const section = OfResponses[kind] ?? OfHeads[kind]?.[0] ?? "4.1";
  return { kind, section, status: 0, offset };
}
