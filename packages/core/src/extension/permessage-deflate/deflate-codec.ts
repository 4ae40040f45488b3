/**
 * The port behind permessage-deflate (RFC 7692 §7): core has no DEFLATE (RFC 1951) of its own. An adapter brings the
 * runtime's native one, and any other host brings a portable one.
 *
 * The port is synchronous. A codec that answered later would let a Ping or a Close overtake the message before it.
 */

/** How a {@link Deflater} compresses. */
export interface DeflaterOptions {
  /**
   * 8 to 15: no match reaches back further than two to that power, in bytes (RFC 7692 §7.1.2). Plain zlib has no window of
   * 8 bits: a codec may use 9 in place of 8, because zlib with 9 bits reaches back 250 bytes at most.
   */
  readonly windowBits: number;
  /** 1, the fastest, to 9, the smallest output. */
  readonly level: number;
  /** 1 to 9: how much memory the search for matches uses. */
  readonly memLevel: number;
}

/** Compresses the payloads of one direction. */
export interface Deflater {
  /**
   * Compresses `payload` behind everything that was compressed since the last `reset`, and flushes it to a byte boundary.
   * @param payload never empty: zlib writes nothing for a second flush without data. Lent until the method returns.
   * @returns the compressed bytes, which end with 00 00 ff ff (RFC 7692 §7.2.1). The bytes are lent until the next call of
   * any deflater of the same codec.
   */
  deflate(payload: Uint8Array): Uint8Array;
  /** Forgets what was compressed: the next payload refers to nothing before it. */
  reset(): void;
  /** Gives the memory back. No other method is called afterwards; `dispose` may be called again. */
  dispose(): void;
}

/** Decompresses the payloads of one direction. */
export interface Inflater {
  /**
   * Decompresses `payload`, up to `budget` bytes of output. A codec that keeps context puts out at once whatever `payload`
   * contains; another one may hold everything back until `isLast`. A block with BFINAL ends a DEFLATE stream and not the message
   * (RFC 7692 §7.2.3.4): the bytes behind such a block begin the next stream.
   * @param payload lent until the method returns.
   * @param isLast `payload` is what the engine appends to a message: the bytes 00 00 ff ff that the sender removed (§7.2.2),
   * and behind them an empty block.
   * @param sink takes the output in order, each piece lent until `sink` returns.
   * @returns "corrupt" for bytes that are no DEFLATE: the output of this call that stood before them may be lost. "limit"
   * when there is more output than `budget`: exactly `budget` bytes went to `sink`. After both only `dispose` is called.
   */
  inflate(
    payload: Uint8Array,
    isLast: boolean,
    budget: number,
    sink: (inflated: Uint8Array) => void,
  ): "ok" | "corrupt" | "limit";
  /** Forgets what was decompressed, and whatever was half done. */
  reset(): void;
  /** Gives the memory back. No other method is called afterwards; `dispose` may be called again. */
  dispose(): void;
}

/** DEFLATE, as a host brings it. One codec serves any number of connections. */
export interface DeflateCodec {
  /**
   * false: the codec keeps no window from one message to the next. Both `no_context_takeover` parameters are then asked for
   * and given in every negotiation, and a message is inflated as a whole at its end.
   */
  readonly keepsContext: boolean;
  /** One compressor, for what one connection sends. */
  createDeflater(options: DeflaterOptions): Deflater;
  /** @param options.windowBits 8 to 15, the window that the peer's compressor keeps to. */
  createInflater(options: { readonly windowBits: number }): Inflater;
}
