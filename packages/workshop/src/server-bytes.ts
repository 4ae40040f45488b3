/** Bytes of servers: answers and frames, right or wrong. */
import { createHash } from "node:crypto";
import { type FrameOptions, close as maskedClose, frame as maskedFrame } from "./client-bytes.ts";
import type { Heard } from "./raw-connection.ts";

/** The head of an answer, and what follows it. */
export function answer(
  line: string,
  fields: Readonly<Record<string, string>> = {},
  rest: Uint8Array | string = "",
): Uint8Array {
  const lines = Object.entries(fields).filter(([, value]) => value !== "");
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([Buffer.from(`${line}\r\n${head}\r\n`, "latin1"), Buffer.from(rest)]);
}

/** The value of Sec-WebSocket-Accept for this request (RFC 6455 §4.2.2). */
function acceptOf({ head }: Heard): string {
  const [, key = ""] = /^sec-websocket-key: *(\S+)/im.exec(head) ?? [];
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

/** An answer that opens, with frames behind it; lines of `more` replace those of the same name, and an empty value leaves them out. */
export function switching(
  more: Readonly<Record<string, string>> = {},
  frames: readonly Uint8Array[] = [],
  line = "HTTP/1.1 101 Switching Protocols",
): (heard: Heard) => Uint8Array {
  return (heard) => {
    const fields = {
      Upgrade: "websocket",
      Connection: "Upgrade",
      "Sec-WebSocket-Accept": acceptOf(heard),
      ...more,
    };
    return answer(line, fields, Buffer.concat(frames));
  };
}

/** One frame, not masked unless it is asked for. */
export function frame(
  first: number,
  payload: Uint8Array | string = "",
  options: FrameOptions = {},
): Uint8Array {
  return maskedFrame(first, payload, { key: null, ...options });
}

export function text(payload: string): Uint8Array {
  return frame(0x81, payload);
}

/** A Close frame: code and reason, or nothing (RFC 6455 §5.5.1). */
export function close(code?: number, reason: string | Uint8Array = ""): Uint8Array {
  return maskedClose(code, reason, { key: null });
}

/** A pong with what the last frame had, which should have been a ping. */
export function pong({ frames }: Heard): Uint8Array {
  return frame(0x8a, frames.at(-1)!.payload);
}
