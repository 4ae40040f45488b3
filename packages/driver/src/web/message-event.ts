/** MessageEvent (html.spec.whatwg.org): the class of the platform. An object of the class of Node 20 calls itself an Event. */
import { NativeMessageEvent } from "../runtime/globals.ts";
import { exposeInterface } from "./web-idl.ts";

class NamedMessageEvent extends (NativeMessageEvent as new (...given: never[]) => object) {}
Object.defineProperty(NamedMessageEvent, "name", { value: "MessageEvent", configurable: true });
exposeInterface(NamedMessageEvent, "MessageEvent", []);

function isNamed(native: typeof NativeMessageEvent): boolean {
  const tag: unknown = Reflect.get(native.prototype ?? {}, Symbol.toStringTag, {});
  return tag === "MessageEvent";
}

function isNamedSafely(native: typeof NativeMessageEvent): boolean {
  try {
    return isNamed(native);
  } catch {
    return true; // the getter throws without an event: the class stays as the platform made it
  }
}

export const MessageEvent: typeof NativeMessageEvent = isNamedSafely(NativeMessageEvent)
  ? NativeMessageEvent
  : (NamedMessageEvent as unknown as typeof NativeMessageEvent);
