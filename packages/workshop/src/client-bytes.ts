/** Bytes of clients: requests and frames, right or wrong. */

/** An opening handshake; lines of `more` replace those of the same name, and an empty value leaves them out. */
export function request(
  more: Readonly<Record<string, string>> = {},
  line = "GET / HTTP/1.1",
): Uint8Array {
  const fields = {
    Host: "localhost",
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...more,
  };
  const lines = Object.entries(fields).filter(([, value]) => value !== "");
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.from(`${line}\r\n${head}\r\n`, "latin1");
}

export interface FrameOptions {
  /** Null: not masked. */
  readonly key?: readonly [number, number, number, number] | null;
  /** The length form to use, minimal or not. */
  readonly form?: 7 | 16 | 64;
  /** The length to announce, in place of the true one. */
  readonly announced?: bigint;
}

/** One frame, by its first byte: FIN, RSV and opcode. */
export function frame(
  first: number,
  payload: Uint8Array | string = "",
  options: FrameOptions = {},
): Uint8Array {
  const bytes = Buffer.from(payload as string);
  const { key = [0x37, 0xfa, 0x21, 0x3d], announced = BigInt(bytes.length) } = options;
  const form = options.form ?? (announced < 126n ? 7 : announced < 65_536n ? 16 : 64);
  const length = Buffer.alloc(form === 7 ? 1 : form === 16 ? 3 : 9);
  if (form === 7) length[0] = Number(announced);
  else if (form === 16) length.writeUInt16BE(Number(announced), 1);
  else length.writeBigUInt64BE(announced, 1);
  if (form !== 7) length[0] = form === 16 ? 126 : 127;
  if (key !== null) {
    length[0]! |= 0x80;
    for (let index = 0; index < bytes.length; index += 1) bytes[index]! ^= key[index & 3]!;
  }
  return Buffer.concat([Uint8Array.of(first), length, Uint8Array.from(key ?? []), bytes]);
}

export function text(payload: string): Uint8Array {
  return frame(0x81, payload);
}

/** A Close frame: code and reason, or nothing (RFC 6455 §5.5.1). */
export function close(
  code?: number,
  reason: string | Uint8Array = "",
  options: FrameOptions = {},
): Uint8Array {
  if (code === undefined) return frame(0x88, "", options);
  const payload = Buffer.concat([
    Uint8Array.of(code >> 8, code & 255),
    Buffer.from(reason as string),
  ]);
  return frame(0x88, payload, options);
}

/** One frame, by its opcode. */
export function frameOf(opcode: number, payload: Uint8Array | string, fin = true): Uint8Array {
  return frame((fin ? 0x80 : 0) | opcode, payload);
}

/** The first frame of a compressed message (RFC 7692 §6). */
export function compressed(opcode: number, payload: Uint8Array, fin = true): Uint8Array {
  return frame((fin ? 0xc0 : 0x40) | opcode, payload);
}

/** The head of a frame whose payload follows, or never will. The masking key is zeros, so that it masks nothing. */
export function header(opcode: number, length: number | bigint, fin = true): Uint8Array {
  return frame((fin ? 0x80 : 0) | opcode, "", {
    key: [0, 0, 0, 0],
    form: 64,
    announced: BigInt(length),
  });
}

export function together(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
