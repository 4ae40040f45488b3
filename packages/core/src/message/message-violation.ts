/**
 * The rules that a sequence of frames can break. The table in `connection/violation.ts` has the section and the close code
 * of each.
 */
export const MessageViolation = {
  /** §5.4: a continuation frame without a message that it continues. */
  ContinuationUnexpected: "continuation-unexpected",
  /** §5.4: a new data frame while a fragmented message is under way. */
  ContinuationMissing: "continuation-missing",
  /** §10.4: `limits.message`, counted after extensions. */
  MessageTooLarge: "message-too-large",
  /** §10.4: `limits.fragments`. */
  TooManyFragments: "too-many-fragments",
  /** §8.1: a byte that no UTF-8 text can have there. */
  TextNotUtf8: "text-not-utf8",
  /** §8.1: the message ends inside a character. */
  TextTruncated: "text-truncated",
  /** §9: the payload is not what the negotiated extension produces (RFC 7692 §7.2.2). */
  ExtensionDataCorrupt: "extension-data-corrupt",
} as const;
export type MessageViolation = (typeof MessageViolation)[keyof typeof MessageViolation];
