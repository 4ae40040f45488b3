/** MessageEvent (html.spec.whatwg.org): the platform's. That of Node 20 says of itself that it is an Event. */
import { MessageEvent as PlatformMessageEvent } from "../runtime/globals.ts";
import { exposeInterface } from "./web-idl.ts";

class NamedMessageEvent extends (PlatformMessageEvent as new (...given: never[]) => object) {}
Object.defineProperty(NamedMessageEvent, "name", { value: "MessageEvent", configurable: true });
exposeInterface(NamedMessageEvent, "MessageEvent", []);

function isNamed(native: typeof PlatformMessageEvent): boolean {
  const tag: unknown = Reflect.get(native.prototype ?? {}, Symbol.toStringTag, {});
  return tag === "MessageEvent";
}

function isNamedSafely(native: typeof PlatformMessageEvent): boolean {
  try {
    return isNamed(native);
  } catch {
    return true; // a getter that wants an event: the platform's own business
  }
}

export const MessageEvent: typeof PlatformMessageEvent = isNamedSafely(PlatformMessageEvent)
  ? PlatformMessageEvent
  : (NamedMessageEvent as unknown as typeof PlatformMessageEvent);
