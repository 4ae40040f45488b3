/** What `endpoint.next()` answers: what happened, or that nothing more happens until the next input. */
export const Step = {
  Idle: 0,
  /** Server: a request waits for `accept`, `reject` or `respond`; see `endpoint.request`. */
  Request: 1,
  /** The opening handshake is done: `endpoint.protocol`, `endpoint.extensions`; on a client `endpoint.response`. */
  Open: 2,
  /** A text message (`endpoint.text`), or a piece of one. */
  Text: 3,
  /** A binary message (`endpoint.chunk` from `start` to `end`), or a piece of one. */
  Binary: 4,
  /** A ping, already answered; its payload is `chunk` from `start` to `end`. */
  Ping: 5,
  /** A pong; `endpoint.pongOf` says of which ping. */
  Pong: 6,
  /** The peer's Close: `endpoint.peerClose`. Answered when the cursor moves on, or later: see `endpoint.delayClose`. */
  Closing: 7,
  /** The peer broke a rule: `endpoint.violation`. Answered as `Closing` is. At most once. */
  Violation: 8,
  /** A frame, in or out, if the option `frames` is on: `endpoint.frame`. */
  Frame: 9,
  /** The end: `endpoint.ended`. Exactly once, always last. */
  Ended: 10,
} as const;
export type Step = (typeof Step)[keyof typeof Step];
