/** RFC 6455 §5.2 and §11.8. 0x3 to 0x7 and 0xb to 0xf are reserved. */
export const Opcode = {
  Continuation: 0x0,
  Text: 0x1,
  Binary: 0x2,
  Close: 0x8,
  Ping: 0x9,
  Pong: 0xa,
} as const;
export type Opcode = (typeof Opcode)[keyof typeof Opcode];

/** RFC 6455 §5.5: control frames have the most significant bit of the opcode set. */
export function isControl(opcode: number): boolean {
  return (opcode & 0x8) !== 0;
}

export function isReserved(opcode: number): boolean {
  return (opcode & 0x7) > 2;
}
