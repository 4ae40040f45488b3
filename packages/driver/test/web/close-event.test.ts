import { describe, expect, test } from "vitest";
import { CloseEvent } from "../../src/index.ts";
import {
  type CloseEventConstructor,
  type CloseEventInit,
  closeEventOf,
  ownCloseEvent,
} from "../../src/web/close-event.ts";

const native = (globalThis as { CloseEvent?: CloseEventConstructor }).CloseEvent;

test("CloseEvent is the runtime's own only where it is as Web IDL has it", () => {
  expect(closeEventOf(undefined)).toBe(ownCloseEvent);
  for (const wrong of Object.values(WRONG)) expect(closeEventOf(wrong)).toBe(ownCloseEvent);
  expect(closeEventOf(ownCloseEvent)).toBe(ownCloseEvent);
  class AsItShouldBe extends ownCloseEvent {}
  expect(closeEventOf(AsItShouldBe)).toBe(AsItShouldBe);
  expect([native?.prototype, ownCloseEvent.prototype].includes(CloseEvent.prototype)).toBe(true);
});

/** Each is wrong in one thing. */
const WRONG: Record<string, CloseEventConstructor> = {
  tag: class extends ownCloseEvent {
    get [Symbol.toStringTag](): string {
      return "Event";
    }
  },
  enumerability: (() => {
    class NotEnumerable extends ownCloseEvent {}
    const code = Object.getOwnPropertyDescriptor(ownCloseEvent.prototype, "code")!;
    Object.defineProperty(NotEnumerable.prototype, "code", { ...code, enumerable: false });
    return NotEnumerable;
  })(),
  conversion: class extends ownCloseEvent {
    readonly #reason: string;
    constructor(type: string, init: CloseEventInit = {}) {
      super(type, init);
      this.#reason = init.reason as string;
    }
    override get reason(): string {
      return this.#reason;
    }
  },
  arguments: class extends ownCloseEvent {
    constructor(type = "close", init: CloseEventInit = {}) {
      super(type, init);
    }
  },
};

const OF_UNDICI =
  "the class of Node 24 and 26 takes -1 and 1n as they are, and we export the class";

function isOfUndici(Class: CloseEventConstructor): boolean {
  return Class.prototype === native?.prototype && new Class("close", { code: -1 }).code === -1;
}

for (const { title, Class } of [
  { title: "the CloseEvent that is exported", Class: CloseEvent },
  { title: "the CloseEvent of those who have none that is right", Class: ownCloseEvent },
]) {
  describe(title, () => {
    test("looks as Web IDL has it", () => {
      expect(Class).toHaveLength(1);
      expect((Class as unknown as { name: string }).name).toBe("CloseEvent");
      expect(Object.prototype.toString.call(new Class("close"))).toBe("[object CloseEvent]");
      for (const name of ["code", "reason", "wasClean"]) {
        const accessor = Object.getOwnPropertyDescriptor(Class.prototype, name);
        expect(accessor).toMatchObject({ enumerable: true, configurable: true });
        expect(() => Reflect.get(Class.prototype, name)).toThrow(TypeError);
      }
    });

    for (const init of [undefined, null, {}, () => {}, { code: undefined, reason: undefined }]) {
      test(`is an Event with 0, an empty reason and false, given ${JSON.stringify(init)}`, () => {
        const event = new Class("close", init as CloseEventInit);
        expect(event).toBeInstanceOf(Event);
        const { type, bubbles, cancelable, code, reason, wasClean } = event;
        expect([type, bubbles, cancelable, code, reason, wasClean]).toEqual([
          ...["close", false, false],
          ...[0, "", false],
        ]);
      });
    }

    for (const { init, code, reason, wasClean } of [
      { init: { code: 65_536 + 1000.5, wasClean: 1 }, code: 1000, reason: "", wasClean: true },
      { init: { code: -1 }, code: 65_535, reason: "", wasClean: false },
      { init: { code: "3000" }, code: 3000, reason: "", wasClean: false },
      { init: { code: null, reason: null }, code: 0, reason: "null", wasClean: false },
      { init: { code: Number.NaN, wasClean: "" }, code: 0, reason: "", wasClean: false },
      { init: { reason: "a\uD800" }, code: 0, reason: "a\uFFFD", wasClean: false },
      { init: { reason: 5 }, code: 0, reason: "5", wasClean: false },
      { init: Object.create({ code: 7 }), code: 7, reason: "", wasClean: false },
    ]) {
      test(`converts ${JSON.stringify(init)}`, ({ skip }) => {
        if (code === 65_535 && isOfUndici(Class)) skip(OF_UNDICI);
        const event = new Class("close", init as CloseEventInit);
        expect([event.code, event.reason, event.wasClean]).toEqual([code, reason, wasClean]);
      });
    }

    test("hands on what every Event takes", () => {
      const init = { bubbles: true, cancelable: true, composed: true };
      const { bubbles, cancelable, composed } = new Class("close", init);
      expect([bubbles, cancelable, composed]).toEqual([true, true, true]);
    });

    for (const { what, args } of [
      { what: "no argument", args: [] },
      { what: "an init that is no object", args: ["close", 1] },
      { what: "a code that is a symbol", args: ["close", { code: Symbol("1") }] },
      { what: "a code that is a bigint", args: ["close", { code: 1n }] },
      { what: "a reason that is a symbol", args: ["close", { reason: Symbol("1") }] },
    ]) {
      test(`throws a TypeError for ${what}`, ({ skip }) => {
        if (what === "a code that is a bigint" && isOfUndici(Class)) skip(OF_UNDICI);
        expect(() => Reflect.construct(Class, args)).toThrow(TypeError);
      });
    }
  });
}
