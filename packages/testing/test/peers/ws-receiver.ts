/** The Receiver of `ws` as a parser for the laws. */
import type { EventEmitter } from "node:events";
import * as ws from "ws";
import type { EngineEvent, EngineOptions, Parser, ParserUnderTest } from "../../src/index.ts";

/** A member of `ws` that its types leave out. */
interface Receiver extends EventEmitter {
  /** Set at once; the event "error" comes a tick later. */
  readonly errored: Error | null;
  write(chunk: Uint8Array): boolean;
}
type ReceiverClass = new (options: {
  readonly isServer: boolean;
  readonly maxPayload: number;
}) => Receiver;
const { Receiver } = ws as unknown as { readonly Receiver: ReceiverClass };

function copy(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** The close code of an error stands under a symbol. */
function codeOf(error: Error): number {
  const [symbol] = Object.getOwnPropertySymbols(error).filter(
    (one) => one.description === "status-code",
  );
  return symbol === undefined ? 0 : (error as unknown as Record<symbol, number>)[symbol]!;
}

function create({ role, messageLimit = 0 }: EngineOptions): ParserUnderTest {
  let told: EngineEvent[] = [];
  let isOver = false;
  const receiver = new Receiver({ isServer: role === "server", maxPayload: messageLimit });
  receiver.on("message", (data: Uint8Array, isBinary: boolean) => {
    told.push({ kind: isBinary ? "binary" : "text", bytes: copy(data), final: true });
  });
  receiver.on("ping", (data: Uint8Array) => told.push({ kind: "ping", bytes: copy(data) }));
  receiver.on("pong", (data: Uint8Array) => told.push({ kind: "pong", bytes: copy(data) }));
  receiver.on("conclude", (code: number, reason: Uint8Array) => {
    told.push({ kind: "closing", code, reason: new TextDecoder().decode(reason) });
    isOver = true;
  });
  receiver.on("error", () => {});
  return {
    // A Receiver keeps the chunks that it is given, and unmasks in them.
    receive(bytes) {
      if (!isOver) receiver.write(Buffer.from(bytes));
    },
    pull() {
      if (receiver.errored !== null && !isOver) {
        told.push({ kind: "violation", code: codeOf(receiver.errored) });
        isOver = true;
      }
      const events = told;
      told = [];
      return events;
    },
  };
}

export const wsReceiver: Parser = { name: "the Receiver of ws", create };
