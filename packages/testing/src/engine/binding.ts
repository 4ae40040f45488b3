/** Mistakes in the binding of an engine to the laws, told as such: a law must not call them faults of the engine. */
import type { EngineEvent, EngineOptions, Parser, ParserUnderTest } from "./engine.ts";

/** The binding is wrong, and so no law can say anything of the engine. */
export class BindingError extends TypeError {
  /** "BindingError" */
  override readonly name = "BindingError";
}

const KINDS: Readonly<Record<EngineEvent["kind"], readonly (readonly [string, string])[]>> = {
  open: [],
  text: [
    ["bytes", "Uint8Array"],
    ["final", "boolean"],
  ],
  binary: [
    ["bytes", "Uint8Array"],
    ["final", "boolean"],
  ],
  ping: [["bytes", "Uint8Array"]],
  pong: [["bytes", "Uint8Array"]],
  closing: [
    ["code", "number"],
    ["reason", "string"],
  ],
  violation: [["code", "number"]],
  request: [],
  response: [],
  ended: [],
};

function typeOf(value: unknown): string {
  // By its tag: bytes of another realm are bytes too.
  if (Object.prototype.toString.call(value) === "[object Uint8Array]") return "Uint8Array";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : typeof value;
}

/** @throws BindingError for a thing that makes no parsers. */
export function requireParser(law: string, parser: Parser): void {
  const given = parser as Partial<Parser> | null | undefined;
  if (typeof given?.create === "function" && typeof given.name === "string") return;
  const got =
    typeof given === "object" && given !== null
      ? `{ ${Object.keys(given).join(", ")} }`
      : typeOf(given);
  throw new BindingError(
    `${law} was given ${got}: give { name, create(options) }, as the type Parser says`,
  );
}

/** A fresh endpoint. @throws BindingError if a member is missing. */
export function createChecked<One extends ParserUnderTest>(
  engine: { readonly name: string; create(options: EngineOptions): One },
  options: EngineOptions,
  needed: readonly (keyof One & string)[] = [],
): One {
  const one = engine.create(options) as One | null | undefined;
  if (typeof one !== "object" || one === null) {
    throw new BindingError(
      `create of ${engine.name} returned ${typeOf(one)}: return { receive, pull }`,
    );
  }
  const missing = ["receive", "pull", ...needed].find(
    (name) => one[name as keyof One] === undefined,
  );
  if (missing !== undefined) {
    throw new BindingError(
      `${engine.name} has no ${missing}, which this law needs: see the type ${needed.length > 0 ? "Engine" : "Parser"}`,
    );
  }
  return one;
}

/** The events, if they are events. @throws BindingError for anything else. */
export function checkedEvents(
  name: string,
  events: readonly EngineEvent[],
): readonly EngineEvent[] {
  if (!Array.isArray(events)) {
    throw new BindingError(`pull of ${name} returned ${typeOf(events)}: return an array of events`);
  }
  for (const event of events as readonly (Readonly<Record<string, unknown>> | null)[]) {
    const kind = event?.["kind"];
    const members = Object.hasOwn(KINDS, String(kind)) ? KINDS[kind as EngineEvent["kind"]] : null;
    if (event === null || members === null) {
      const known = Object.keys(KINDS).join(", ");
      throw new BindingError(
        `${name} told an event of kind ${String(kind)}; the kinds are ${known}`,
      );
    }
    for (const [member, type] of members) {
      const got = typeOf(event[member]);
      if (got === type) continue;
      throw new BindingError(
        `${name} told a ${String(kind)} whose ${member} is ${got}: give a ${type}`,
      );
    }
  }
  return events;
}
