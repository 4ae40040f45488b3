/** The answers of `endpoint.next()`. `Idle` means that no step is left until the next input. */
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
  /** A ping with the payload `chunk` from `start` to `end`. The engine has queued the pong already. */
  Ping: 5,
  /** A pong. `endpoint.pongOf` is the number of the ping that the pong answers. */
  Pong: 6,
  /**
   * The peer's Close: `endpoint.peerClose`. The engine answers when the cursor moves on, or later: see
   * `endpoint.delayClose`.
   */
  Closing: 7,
  /** The peer broke a rule: `endpoint.violation`. The engine answers as at `Closing`. This step comes at most once. */
  Violation: 8,
  /** A frame, in or out: `endpoint.frame`. Only with the option `frames`. */
  Frame: 9,
  /** The end: `endpoint.ended`. Exactly once, always last. */
  Ended: 10,
} as const;
export type Step = (typeof Step)[keyof typeof Step];
