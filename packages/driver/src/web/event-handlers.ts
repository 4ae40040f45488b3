/** `onopen` and its siblings: event handler IDL attributes (html.spec.whatwg.org, "Event handlers"). */

import { Event, EventTarget } from "../runtime/globals.ts";

interface Handler {
  callback: object;
  /** The listener that the target has. The listener keeps its place among the others when the callback is replaced. */
  readonly listener: (event: Event) => void;
}

export class EventHandlers {
  private readonly target: EventTarget;
  private readonly handlers: Map<string, Handler> = new Map();

  constructor(target: EventTarget) {
    this.target = target;
  }

  get(type: string): object | null {
    return this.handlers.get(type)?.callback ?? null;
  }

  set(type: string, value: unknown): void {
    const handler = this.handlers.get(type);
    // [LegacyTreatNonObjectAsNull]: an object that cannot be called is kept, and does nothing.
    const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
    if (!isObject) {
      if (handler === undefined) return;
      this.handlers.delete(type);
      this.target.removeEventListener(type, handler.listener);
    } else if (handler === undefined) {
      this.add(type, value as object);
    } else {
      handler.callback = value as object;
    }
  }

  private add(type: string, callback: object): void {
    const handler: Handler = {
      callback,
      listener: function (this: unknown, event) {
        const { callback: current } = handler;
        if (typeof current !== "function") return;
        // An exception of the handler is treated like the exceptions of all listeners.
        const answer: unknown = Reflect.apply(current, this, [event]);
        // "The event handler processing algorithm"
        if (answer === false) event.preventDefault();
      },
    };
    this.handlers.set(type, handler);
    if (!hasNativeHandlers()) this.target.addEventListener(type, handler.listener);
  }
}

let isNative: boolean | null = null;

/** The EventTarget of workerd itself calls the handler `on` + type of every object that is an EventTarget. */
function hasNativeHandlers(): boolean {
  if (isNative === null) {
    isNative = false;
    const target = Object.assign(new EventTarget(), {
      onprobe: () => {
        isNative = true;
      },
    });
    target.dispatchEvent(new Event("probe"));
  }
  return isNative;
}
