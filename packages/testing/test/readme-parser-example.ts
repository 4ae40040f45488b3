import type { EngineEvent, Parser } from "@sansocket/testing";

/** A WebSocket parser as people write it in an afternoon. It works with every browser, and breaks a dozen rules of RFC 6455. */
class NaiveParser {
  onmessage: (data: string | Uint8Array) => void = () => {};
  onping: (payload: Uint8Array) => void = () => {};
  onclose: (code: number, reason: string) => void = () => {};
  #buffer: Uint8Array = new Uint8Array(0);
  #fragments: number[] = [];
  #opcode = 0;

  push(chunk: Uint8Array): void {
    this.#buffer = Uint8Array.from([...this.#buffer, ...chunk]);
    while (this.#buffer.length >= 2) {
      const view = new DataView(this.#buffer.buffer);
      const isFinal = (view.getUint8(0) & 0x80) !== 0;
      const opcode = view.getUint8(0) & 0x0f;
      let length = view.getUint8(1) & 0x7f;
      let offset = 2;
      if (length === 126) {
        length = view.getUint16(2);
        offset = 4;
      } else if (length === 127) {
        length = view.getUint32(6); // nobody sends 4 GiB
        offset = 10;
      }
      const mask = this.#buffer.slice(offset, offset + 4);
      offset += 4;
      if (this.#buffer.length < offset + length) return;
      const masked = this.#buffer.slice(offset, offset + length);
      const payload = masked.map((byte, index) => byte ^ mask[index % 4]!);
      this.#buffer = this.#buffer.slice(offset + length);
      const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
      if (opcode === 8) this.onclose((payload[0]! << 8) | payload[1]!, text(payload.slice(2)));
      else if (opcode === 9) this.onping(payload);
      else if (opcode !== 10) {
        if (opcode !== 0) this.#opcode = opcode;
        this.#fragments.push(...payload);
        if (!isFinal) continue;
        const message = Uint8Array.from(this.#fragments);
        this.#fragments = [];
        this.onmessage(this.#opcode === 1 ? text(message) : message);
      }
    }
  }
}

export const naive: Parser = {
  name: "the naive parser",
  create() {
    const parser = new NaiveParser();
    const events: EngineEvent[] = [];
    parser.onmessage = (data) => {
      if (typeof data === "string") {
        events.push({ kind: "text", bytes: new TextEncoder().encode(data), final: true });
      } else {
        events.push({ kind: "binary", bytes: data, final: true });
      }
    };
    parser.onping = (bytes) => events.push({ kind: "ping", bytes });
    parser.onclose = (code, reason) => events.push({ kind: "closing", code, reason });
    return {
      receive: (chunk) => parser.push(chunk),
      pull: () => events.splice(0),
    };
  },
};
