/**
 * MessageEvent (html.spec.whatwg.org): the class of the platform, where its events are events of this realm. An object of the
 * class of Node 20 calls itself an Event.
 */
import {
  Event,
  isOfThisRealm,
  type NativeMessageEvent,
  nativeMessageEvent,
} from "../runtime/globals.ts";
import { exposeInterface } from "./web-idl.ts";

type MessageEventClass = typeof globalThis.MessageEvent;

interface MessageFacts {
  readonly data: unknown;
  readonly origin: string;
}

/** In place of a class of another realm, which a test runner has put there. */
class OwnMessageEvent extends Event {
  readonly #facts: MessageFacts;

  constructor(type: string, facts: MessageFacts) {
    super(type);
    this.#facts = facts;
  }

  get data(): unknown {
    return this.#facts.data;
  }

  get origin(): string {
    return this.#facts.origin;
  }

  get lastEventId(): string {
    return "";
  }

  get source(): null {
    return null;
  }

  get ports(): readonly [] {
    return [];
  }
}

function named<Class extends new (...given: never[]) => object>(base: Class): MessageEventClass {
  class NamedMessageEvent extends (base as new (...given: never[]) => object) {}
  Object.defineProperty(NamedMessageEvent, "name", { value: "MessageEvent", configurable: true });
  exposeInterface(NamedMessageEvent, "MessageEvent", []);
  return NamedMessageEvent as unknown as MessageEventClass;
}

function isNamed(native: MessageEventClass): boolean {
  const tag: unknown = Reflect.get(native.prototype ?? {}, Symbol.toStringTag, {});
  return tag === "MessageEvent";
}

function isNamedSafely(native: MessageEventClass): boolean {
  try {
    return isNamed(native);
  } catch {
    return true; // the getter throws without an event: the class stays as the platform made it
  }
}

function chosenClass(): MessageEventClass {
  const native = nativeMessageEvent();
  if (!isOfThisRealm(native)) return named(OwnMessageEvent);
  return isNamedSafely(native) ? native : named(native);
}

let chosen: MessageEventClass | undefined;

export function messageEvent(data: unknown, origin: string): NativeMessageEvent {
  chosen ??= chosenClass();
  return new chosen("message", { data, origin });
}
