/** The naive parser as the laws of `@sansocket/testing` take it. A parser of your own needs as much. */
import type { EngineEvent, Parser } from "@sansocket/testing";
import { NaiveParser } from "./naive-parser.ts";

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
