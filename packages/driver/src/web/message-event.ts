/** MessageEvent (html.spec.whatwg.org): the class of the platform. An object of the class of Node 20 calls itself an Event. */
import { messageEventClass, type NativeMessageEvent } from "../runtime/globals.ts";
import { exposeInterface } from "./web-idl.ts";

type MessageEventClass = typeof globalThis.MessageEvent;

function namedClass(native: MessageEventClass): MessageEventClass {
  class NamedMessageEvent extends (native as new (...given: never[]) => object) {}
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

let chosen: MessageEventClass | undefined;

export function messageEvent(data: unknown, origin: string): NativeMessageEvent {
  if (chosen === undefined) {
    const native = messageEventClass();
    chosen = isNamedSafely(native) ? native : namedClass(native);
  }
  return new chosen("message", { data, origin });
}
