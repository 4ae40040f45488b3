/** MessageEvent (html.spec.whatwg.org): the platform's. That of Node 20 says of itself that it is an Event. */
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
    return true; // a getter that wants an event: the platform's own business
  }
}

export const MessageEvent: typeof NativeMessageEvent = isNamedSafely(NativeMessageEvent)
  ? NativeMessageEvent
  : (NamedMessageEvent as unknown as typeof NativeMessageEvent);
