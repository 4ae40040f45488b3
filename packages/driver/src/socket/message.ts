/** A message as the application gets it: text, or bytes in a buffer of their own (offset 0, exact length). */
export type Message = string | Uint8Array<ArrayBuffer>;
