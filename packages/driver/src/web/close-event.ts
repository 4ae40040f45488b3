/** CloseEvent (websockets.spec.whatwg.org, "The CloseEvent interface"): the runtime's own class where that class is right. */
import { Event, hasCloseEvent, isOfThisRealm, nativeCloseEvent } from "../runtime/globals.ts";
import { lateClass } from "./late-class.ts";
import { dictionary, exposeInterface, requireArguments, usvString } from "./web-idl.ts";

/** The end of a WebSocket, as the class `WebSocket` tells it. The class of the runtime where there is one. */
export interface CloseEvent extends Event {
  /** The code of the peer's Close; 1005 if it had none, 1006 if no Close arrived. */
  readonly code: number;
  /** The reason of the peer's Close; "" for none. */
  readonly reason: string;
  /** Each side has sent a Close, and has received the other side's Close. */
  readonly wasClean: boolean;
}

/** The second argument of `new CloseEvent`. */
export interface CloseEventInit {
  /** As of `EventInit`. Default false. */
  readonly bubbles?: boolean;
  /** As of `EventInit`. Default false. */
  readonly cancelable?: boolean;
  /** As of `EventInit`. Default false. */
  readonly composed?: boolean;
  /** Default 0. */
  readonly code?: number;
  /** Default "". */
  readonly reason?: string;
  /** Default false. */
  readonly wasClean?: boolean;
}

/** The class {@link CloseEvent}. */
export interface CloseEventConstructor {
  /** An event of that type; a member that `init` leaves out has its default. */
  new (type: string, init?: CloseEventInit): CloseEvent;
  /** The prototype, as every class has one. */
  readonly prototype: CloseEvent;
}

class OwnCloseEvent extends Event implements CloseEvent {
  readonly #code: number;
  readonly #reason: string;
  readonly #wasClean: boolean;

  constructor(type: string, init: CloseEventInit = {}) {
    // biome-ignore lint/complexity/noArguments: a rest parameter would take the function's length, 1, away
    requireArguments(arguments.length, 1, "new CloseEvent");
    const given = dictionary(init, "the init");
    const { bubbles, cancelable, composed } = given as CloseEventInit;
    super(type, {
      bubbles: Boolean(bubbles),
      cancelable: Boolean(cancelable),
      composed: Boolean(composed),
    });
    const { code = 0, reason = "", wasClean } = given;
    this.#code = +(code as number) & 0xffff; // unsigned short
    this.#reason = usvString(reason);
    this.#wasClean = Boolean(wasClean);
  }

  get code(): number {
    return this.#code;
  }

  get reason(): string {
    return this.#reason;
  }

  get wasClean(): boolean {
    return this.#wasClean;
  }
}

Object.defineProperty(OwnCloseEvent, "name", { value: "CloseEvent", configurable: true });
exposeInterface(OwnCloseEvent, "CloseEvent", ["code", "reason", "wasClean"]);

/** The class for runtimes that have no CloseEvent, or a wrong one. */
export const ownCloseEvent: CloseEventConstructor = OwnCloseEvent;

/**
 * @param native the class of the runtime. The class of Deno 2.9 has three faults: its attributes are not enumerable, its objects
 * are tagged as Events, and its constructor does not convert its arguments.
 */
export function closeEventOf(native: CloseEventConstructor | undefined): CloseEventConstructor {
  return native !== undefined && isAsStandardized(native) ? native : OwnCloseEvent;
}

function isAsStandardized(native: CloseEventConstructor): boolean {
  if (!isOfThisRealm(native)) return false;
  try {
    const init: unknown = { code: 65_537, reason: null, wasClean: 1 };
    const event = new native("close", init as CloseEventInit);
    return (
      event.code === 1 &&
      event.reason === "null" &&
      event.wasClean === true &&
      Object.prototype.toString.call(event) === "[object CloseEvent]" &&
      isEnumerable(native.prototype, "code") &&
      refusesNoArguments(native)
    );
  } catch {
    return false;
  }
}

/** Looks for the attribute in the whole chain of prototypes. */
function isEnumerable(prototype: object, name: string): boolean {
  for (const key in prototype) if (key === name) return true;
  return false;
}

function refusesNoArguments(native: CloseEventConstructor): boolean {
  try {
    Reflect.construct(native, []);
    return false;
  } catch {
    return true;
  }
}

let chosen: CloseEventConstructor | undefined;

function chosenClass(): CloseEventConstructor {
  chosen ??= closeEventOf(nativeCloseEvent() as CloseEventConstructor | undefined);
  return chosen;
}

export function closeEvent(code: number, reason: string, wasClean: boolean): CloseEvent {
  return new (chosenClass())("close", { code, reason, wasClean });
}

export const CloseEvent: CloseEventConstructor = /* @__PURE__ */ exportedClass();

/** From Node 23 on the class is a part of `fetch`. A program that only imports the class does not load `fetch`. */
function exportedClass(): CloseEventConstructor {
  return hasCloseEvent ? lateClass(chosenClass) : OwnCloseEvent;
}
