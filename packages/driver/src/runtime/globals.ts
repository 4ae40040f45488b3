/**
 * Everything that the driver takes of the global object. The driver takes nearly all of it once, when it is loaded: test
 * runners replace globals later (jsdom, fake timers), and a class whose events are of another realm throws in the middle of them.
 */

/** A class in place of a global that is missing. The mistake is to use the class, not to load the driver. */
function missing(name: string): unknown {
  return class {
    constructor() {
      throw new Error(
        `sansocket needs the global ${name}, which was not there when it was loaded: import it where there is one`,
      );
    }
  };
}

function take<Name extends keyof typeof globalThis>(name: Name): (typeof globalThis)[Name] {
  return globalThis[name] ?? (missing(name) as (typeof globalThis)[Name]);
}

export const AbortController: typeof globalThis.AbortController =
  /* @__PURE__ */ take("AbortController");
export type AbortController = globalThis.AbortController;
export const Blob: typeof globalThis.Blob = /* @__PURE__ */ take("Blob");
export type Blob = globalThis.Blob;
export const DOMException: typeof globalThis.DOMException = /* @__PURE__ */ take("DOMException");
export type DOMException = globalThis.DOMException;
export const Event: typeof globalThis.Event = /* @__PURE__ */ take("Event");
export type Event = globalThis.Event;
export const EventTarget: typeof globalThis.EventTarget = /* @__PURE__ */ take("EventTarget");
export type EventTarget = globalThis.EventTarget;

/**
 * A class that is taken at its first use, because Node loads a part of itself when somebody reads the global. `Headers`,
 * `MessageEvent` and `CloseEvent` load all of `fetch`: in 26 ms and 1.2 MB of heap on Node 20, in 65 ms and 1.7 MB on Node 26.
 * `ReadableStream` takes 5 ms. A test runner may have put a class of another realm there meanwhile. A header list or a stream of
 * another realm works alike. An event does not, see {@link isOfThisRealm}.
 */
function takeLater<Name extends keyof typeof globalThis>(
  name: Name,
): () => (typeof globalThis)[Name] {
  type Class = (typeof globalThis)[Name];
  let taken: Class | null = null;
  return () => {
    const there: Class = taken ?? take(name);
    taken = there;
    return there;
  };
}

const { prototype: eventPrototype } = Event;

/** Whether an {@link EventTarget} of this module dispatches events of that class. */
export function isOfThisRealm(eventClass: { readonly prototype: unknown }): boolean {
  return Object.prototype.isPrototypeOf.call(eventPrototype, eventClass.prototype as object);
}

/** The name alone, which loads nothing. */
export const hasCloseEvent: boolean = "CloseEvent" in globalThis;
/** undefined: the runtime has no such class. */
export const nativeCloseEvent = (): unknown => Reflect.get(globalThis, "CloseEvent");

export const headersClass: () => typeof globalThis.Headers = /* @__PURE__ */ takeLater("Headers");
export type Headers = globalThis.Headers;
export const nativeMessageEvent: () => typeof globalThis.MessageEvent =
  /* @__PURE__ */ takeLater("MessageEvent");
export type NativeMessageEvent = globalThis.MessageEvent;
export const readableStreamClass: () => typeof globalThis.ReadableStream =
  /* @__PURE__ */ takeLater("ReadableStream");
export type ReadableStream<T> = globalThis.ReadableStream<T>;
/** Text is measured by the engine's own loop where the class is missing. */
export const TextEncoder: typeof globalThis.TextEncoder | undefined = globalThis.TextEncoder;
export const writableStreamClass: () => typeof globalThis.WritableStream =
  /* @__PURE__ */ takeLater("WritableStream");
export type WritableStream<T> = globalThis.WritableStream<T>;

/** The fake timers of Vitest and Jest carry their clock. A callback of theirs waits until a test moves the clock. */
export function isFake(timer: object | undefined): boolean {
  return timer !== undefined && "clock" in timer;
}

const { queueMicrotask: ownMicrotask } = globalThis;
const resolved = Promise.resolve();

/** Calls back behind the code that runs now. A promise does the same where the global is missing, or a fake. */
export const queueMicrotask: (callback: () => void) => void =
  ownMicrotask === undefined || isFake(ownMicrotask)
    ? (callback) => void resolved.then(callback)
    : (callback) => ownMicrotask(callback);

const { setTimeout: ownSetTimeout, clearTimeout: ownClearTimeout } = globalThis;

/** Called without an object: the timers of browsers refuse another `this`. */
export const setTimeout: (callback: () => void, delay: number) => unknown = (callback, delay) =>
  ownSetTimeout(callback, delay);
export const clearTimeout: (timer: unknown) => void = (timer) => ownClearTimeout(timer as number);
