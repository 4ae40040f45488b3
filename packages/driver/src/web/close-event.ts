/** CloseEvent (websockets.spec.whatwg.org, "The CloseEvent interface"): the runtime's own where there is one; Node 20 has none. */
import { exposeInterface, usvString } from "./web-idl.ts";

export interface CloseEvent extends Event {
  /** The code of the peer's Close; 1005 if it had none, 1006 if no Close arrived. */
  readonly code: number;
  readonly reason: string;
  /** Both Closes crossed. */
  readonly wasClean: boolean;
}

export interface CloseEventInit {
  readonly bubbles?: boolean;
  readonly cancelable?: boolean;
  readonly composed?: boolean;
  readonly code?: number;
  readonly reason?: string;
  readonly wasClean?: boolean;
}

export interface CloseEventConstructor {
  new (type: string, init?: CloseEventInit): CloseEvent;
  readonly prototype: CloseEvent;
}

class OwnCloseEvent extends Event implements CloseEvent {
  readonly #code: number;
  readonly #reason: string;
  readonly #wasClean: boolean;

  constructor(type: string, init: CloseEventInit = {}) {
    super(type, init);
    this.#code = Number(init.code ?? 0) & 0xffff; // unsigned short
    this.#reason = usvString(init.reason ?? "");
    this.#wasClean = Boolean(init.wasClean);
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

/** For tests: what stands in where the runtime has none. */
export const ownCloseEvent: CloseEventConstructor = OwnCloseEvent;

export const CloseEvent: CloseEventConstructor =
  (globalThis as { readonly CloseEvent?: CloseEventConstructor }).CloseEvent ?? OwnCloseEvent;
