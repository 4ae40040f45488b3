/** The codes that the engine itself uses. Constants, because a bundler writes their numbers in place of their names. */
export const GOING_AWAY = 1001;
export const NO_STATUS_RECEIVED = 1005;
export const ABNORMAL = 1006;
export const MESSAGE_TOO_BIG = 1009;
export const INTERNAL_ERROR = 1011;

/** RFC 6455 §7.4.1 and the IANA WebSocket Close Code Number Registry. */
export const CloseCode = {
  Normal: 1000,
  GoingAway: 1001,
  ProtocolError: 1002,
  UnsupportedData: 1003,
  /** Never on the wire. Reports that the peer's Close had no code. */
  NoStatus: 1005,
  /** Never on the wire. Reports that no Close arrived. */
  Abnormal: 1006,
  InvalidPayload: 1007,
  PolicyViolation: 1008,
  MessageTooBig: 1009,
  /** Sent by a client that needed an extension. */
  MandatoryExtension: 1010,
  InternalError: 1011,
  ServiceRestart: 1012,
  TryAgainLater: 1013,
  BadGateway: 1014,
  /** Never on the wire. Reports that the TLS handshake failed. */
  TlsHandshake: 1015,
} as const;
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

/**
 * Whether a code may be in a Close frame, of ours or of the peer's: 1004 has no meaning yet, 1005, 1006 and 1015 are
 * for reporting only, 1016 to 2999 are for future versions of the protocol, 3000 to 4999 are free for libraries and
 * applications (§7.4.2).
 */
export function isCloseCodeOnWire(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  if (code >= 3000) return code <= 4999;
  if (code >= 1007) return code <= 1014;
  return code >= 1000 && code <= 1003;
}
