import { describe, expect, test } from "vitest";
import { MisuseError } from "../../src/bytes/misuse-error.ts";
import {
  type Extension,
  type ExtensionOffer,
  type ExtensionSession,
  NO_EXTENSIONS,
} from "../../src/extension/extension.ts";
import { formatExtensions, parseExtensions } from "../../src/extension/extension-header.ts";
import {
  acceptOffers,
  clientOffers,
  confirmResponse,
} from "../../src/extension/extension-negotiation.ts";

const RSV1 = 0x40;
const RSV2 = 0x20;

function offersOf(text: string): ExtensionOffer[] {
  const offers = parseExtensions(text === "" ? [] : [text]);
  if (offers === null) throw new Error(`bug: ${text} is malformed`);
  return offers;
}

interface TestSession extends ExtensionSession {
  isDisposed: boolean;
}

/** An extension for both roles that records what it was asked and every session that it made. */
interface TestExtension extends Extension {
  readonly sessions: TestSession[];
  readonly asked: string[];
}

interface Behaviour {
  /** What the client offers; default the bare name. */
  readonly offers?: string;
  /** What it answers to an offer, by the offer; default: the bare name, to any. */
  readonly answers?: Readonly<Record<string, string>>;
  /** The bits of its sessions; null: it has no session. */
  readonly rsv?: number | null;
}

function extensionNamed(name: string, behaviour: Behaviour = {}): TestExtension {
  const { offers = name, answers, rsv = RSV1 } = behaviour;
  const sessions: TestSession[] = [];
  const asked: string[] = [];
  function begin(): ExtensionSession | null {
    if (rsv === null) return null;
    const session: TestSession = {
      rsv,
      isDisposed: false,
      encodeStart: () => false,
      encode: (payload) => payload,
      decodeStart: () => undefined,
      decode: () => "ok",
      dispose() {
        session.isDisposed = true;
      },
    };
    sessions.push(session);
    return session;
  }
  return {
    name,
    sessions,
    asked,
    offer: () => offersOf(offers),
    accept(ownOffers) {
      asked.push(formatExtensions(ownOffers));
      for (const own of ownOffers) {
        const answer = answers === undefined ? name : answers[formatExtensions([own])];
        if (answer !== undefined) return { response: offersOf(answer)[0]!, session: begin() };
      }
      return null;
    },
    confirm(response) {
      const text = formatExtensions([response]);
      asked.push(text);
      const isExpected = answers === undefined || Object.values(answers).includes(text);
      return isExpected ? { session: begin() } : null;
    },
  };
}

function isDisposed(extension: TestExtension): boolean[] {
  return extension.sessions.map((session) => session.isDisposed);
}

describe("clientOffers", () => {
  test("offers in the order configured, then in each one's own (RFC 6455 §9.1: the first is preferred)", () => {
    const foo = extensionNamed("foo", { offers: "foo; use_y, foo" });
    const bar = extensionNamed("bar");
    expect(formatExtensions(clientOffers([foo, bar]))).toBe("foo; use_y, foo, bar");
    expect(formatExtensions(clientOffers([bar, foo]))).toBe("bar, foo; use_y, foo");
  });

  test("an extension that plays only the server's part offers nothing", () => {
    expect(clientOffers([{ name: "foo", accept: () => null }])).toEqual([]);
  });

  test("an extension that offers in another's name is a mistake of the caller", () => {
    const foo = extensionNamed("foo", { offers: "foo, bar" });
    expect(() => clientOffers([foo])).toThrow(MisuseError);
    expect(() => clientOffers([foo])).toThrow(/foo.*bar/);
  });
});

describe("acceptOffers", () => {
  test("no offers, or no extensions, agree on nothing", () => {
    expect(acceptOffers([], [extensionNamed("foo")])).toBe(NO_EXTENSIONS);
    expect(acceptOffers(offersOf("foo"), [])).toBe(NO_EXTENSIONS);
  });

  test("an extension sees every offer of its own name and no other, in the client's order", () => {
    const foo = extensionNamed("foo");
    acceptOffers(offersOf("bar, foo; x=1, FOO, foo, foo; x=2"), [foo]);
    expect(foo.asked).toEqual(["foo; x=1, foo, foo; x=2"]);
  });

  test("an extension that was not offered is not asked", () => {
    const foo = extensionNamed("foo");
    expect(acceptOffers(offersOf("bar"), [foo])).toBe(NO_EXTENSIONS);
    expect(foo.asked).toEqual([]);
  });

  for (const name of ["constructor", "__proto__", "toString"]) {
    test(`an offer of ${name} is an unknown extension and no more (GHSA-5v72-xg48-5rpm)`, () => {
      const foo = extensionNamed("foo");
      expect(acceptOffers(offersOf(`${name}; ${name}=1`), [foo])).toBe(NO_EXTENSIONS);
      expect(acceptOffers(offersOf(`${name}, foo`), [foo]).extensions).toEqual(offersOf("foo"));
    });
  }

  test("the fallback is taken when the first offer is declined; ws answers 400 instead", () => {
    const foo = extensionNamed("foo", { answers: { foo: "foo" } });
    const agreement = acceptOffers(offersOf("foo; bits=7, foo"), [foo]);
    expect(agreement.extensions).toEqual(offersOf("foo"));
    expect(agreement.session).toBe(foo.sessions[0]);
  });

  test("an extension that declines all offers leaves the connection without (RFC 7692 §5)", () => {
    expect(acceptOffers(offersOf("foo"), [extensionNamed("foo", { answers: {} })])).toBe(
      NO_EXTENSIONS,
    );
  });

  test("among extensions the order configured decides, whatever the client's order", () => {
    const foo = extensionNamed("foo");
    const bar = extensionNamed("bar");
    const agreement = acceptOffers(offersOf("bar, foo"), [foo, bar]);
    expect(agreement.extensions).toEqual(offersOf("foo"));
    expect(agreement.session).toBe(foo.sessions[0]);
  });

  test("a second extension with a session is declined, and its session disposed (RFC 7692 §5)", () => {
    const foo = extensionNamed("foo", { rsv: RSV1 });
    const bar = extensionNamed("bar", { rsv: RSV2 });
    const agreement = acceptOffers(offersOf("foo, bar"), [foo, bar]);
    expect(agreement.extensions).toEqual(offersOf("foo"));
    expect(isDisposed(foo)).toEqual([false]);
    expect(isDisposed(bar)).toEqual([true]);
  });

  test("extensions without a session are agreed on beside the one that has it", () => {
    const foo = extensionNamed("foo", { rsv: null });
    const bar = extensionNamed("bar");
    const baz = extensionNamed("baz", { rsv: null });
    const agreement = acceptOffers(offersOf("foo, bar, baz"), [foo, bar, baz]);
    expect(agreement.extensions).toEqual(offersOf("foo, bar, baz"));
    expect(agreement.session).toBe(bar.sessions[0]);
  });

  test("an extension configured twice gets its second chance when the first declines", () => {
    const strict = extensionNamed("foo", { answers: { "foo; x": "foo; x" } });
    const lenient = extensionNamed("foo");
    expect(acceptOffers(offersOf("foo"), [strict, lenient]).extensions).toEqual(offersOf("foo"));
    expect(acceptOffers(offersOf("foo; x"), [strict, lenient]).extensions).toEqual(
      offersOf("foo; x"),
    );
  });

  test("a name that is agreed on is not answered twice, with or without a session", () => {
    for (const rsv of [RSV1, null]) {
      const first = extensionNamed("foo", { rsv });
      const second = extensionNamed("foo", { rsv });
      expect(acceptOffers(offersOf("foo, foo"), [first, second]).extensions).toEqual(
        offersOf("foo"),
      );
      expect(second.asked).toEqual([]);
    }
  });

  test("an extension that plays only the client's part declines", () => {
    expect(acceptOffers(offersOf("foo"), [{ name: "foo", confirm: () => null }])).toBe(
      NO_EXTENSIONS,
    );
  });

  test("an answer in another's name is a mistake of the caller, and no session is left behind", () => {
    const foo = extensionNamed("foo", { answers: { foo: "bar" } });
    expect(() => acceptOffers(offersOf("foo"), [foo])).toThrow(MisuseError);
    expect(isDisposed(foo)).toEqual([true]);
  });

  test("when an extension throws, the session of the one before it is disposed", () => {
    const foo = extensionNamed("foo");
    const broken: Extension = {
      name: "bar",
      accept() {
        throw new RangeError("broken");
      },
    };
    expect(() => acceptOffers(offersOf("foo, bar"), [foo, broken])).toThrow(RangeError);
    expect(isDisposed(foo)).toEqual([true]);
  });
});

describe("confirmResponse", () => {
  test("no extension in the response is an agreement on nothing, whatever was offered", () => {
    expect(confirmResponse([], [extensionNamed("foo")])).toBe(NO_EXTENSIONS);
  });

  test("an extension that was offered is confirmed, and its session begins", () => {
    const foo = extensionNamed("foo");
    expect(confirmResponse(offersOf("foo"), [foo])).toEqual({
      extensions: offersOf("foo"),
      session: foo.sessions[0],
    });
  });

  for (const { response, fault, because } of [
    { response: "zz", fault: "extension-not-offered", because: "nobody offered it; Deno opens" },
    { response: "FOO", fault: "extension-not-offered", because: "another name than foo" },
    { response: "__proto__", fault: "extension-not-offered", because: "no name of ours either" },
    { response: "constructor", fault: "extension-not-offered", because: "GHSA-5v72-xg48-5rpm" },
    { response: "server-only", fault: "extension-not-offered", because: "it does not offer" },
    { response: "quiet", fault: "extension-not-offered", because: "it offered nothing this time" },
    { response: "foo, zz", fault: "extension-not-offered", because: "every element counts" },
    { response: "foo, foo", fault: "extension-duplicate", because: "twice; ws accepts it" },
    { response: "plain, plain", fault: "extension-duplicate", because: "without a session too" },
    {
      response: "foo; bits=16",
      fault: "extension-parameters-refused",
      because: "the extension refuses it; Node opens and fails at the first message",
    },
    {
      response: "foo, bar",
      fault: "extension-parameters-refused",
      because: "RFC 7692 §5: two that transform messages",
    },
  ] as const) {
    test(`"${response}" fails with ${fault}, and no session is left behind: ${because}`, () => {
      const foo = extensionNamed("foo", { answers: { foo: "foo" } });
      const bar = extensionNamed("bar", { rsv: RSV2 });
      const plain = extensionNamed("plain", { rsv: null });
      const quiet = extensionNamed("quiet", { offers: "" });
      const serverOnly: Extension = { name: "server-only", accept: () => null };
      const extensions = [foo, bar, plain, quiet, serverOnly];
      expect(confirmResponse(offersOf(response), extensions)).toBe(fault);
      expect([...isDisposed(foo), ...isDisposed(bar)]).not.toContain(false);
    });
  }

  test("of two extensions of one name the first that confirms takes the session", () => {
    const first = extensionNamed("foo", { answers: { foo: "foo; x" } });
    const second = extensionNamed("foo");
    const agreement = confirmResponse(offersOf("foo; y"), [first, second]);
    expect(agreement).toEqual({ extensions: offersOf("foo; y"), session: second.sessions[0] });
    expect(first.sessions).toEqual([]);
  });

  test("extensions without a session stand beside the one that has it, in the server's order", () => {
    const foo = extensionNamed("foo");
    const plain = extensionNamed("plain", { rsv: null });
    const agreement = confirmResponse(offersOf("plain, foo"), [foo, plain]);
    expect(agreement).toEqual({ extensions: offersOf("plain, foo"), session: foo.sessions[0] });
  });

  test("when an extension throws, the session of the one before it is disposed", () => {
    const foo = extensionNamed("foo");
    const broken: Extension = {
      name: "bar",
      offer: () => offersOf("bar"),
      confirm() {
        throw new RangeError("broken");
      },
    };
    expect(() => confirmResponse(offersOf("foo, bar"), [foo, broken])).toThrow(RangeError);
    expect(isDisposed(foo)).toEqual([true]);
  });
});

describe("the bits that a session claims (RFC 6455 §5.2)", () => {
  for (const { rsv, because } of [
    { rsv: 0, because: "none: its messages could not be told from others" },
    { rsv: 0x80, because: "FIN is not among them" },
    { rsv: 0x41, because: "an opcode is not among them" },
    { rsv: 4, because: "counted from the wrong end" },
    { rsv: Number.NaN, because: "no number" },
  ]) {
    test(`${rsv} is a mistake of the caller in both roles, and no session is left behind: ${because}`, () => {
      const plain = extensionNamed("plain", { rsv: null });
      const foo = extensionNamed("foo", { rsv });
      const offers = offersOf("plain, foo");
      expect(() => acceptOffers(offers, [plain, foo])).toThrow(MisuseError);
      expect(() => confirmResponse(offers, [plain, foo])).toThrow(MisuseError);
      expect(isDisposed(foo)).toEqual([true, true]);
    });
  }

  for (const rsv of [0x10, 0x20, 0x40, 0x70]) {
    test(`${rsv} is fine`, () => {
      const foo = extensionNamed("foo", { rsv });
      expect(acceptOffers(offersOf("foo"), [foo]).session).toBe(foo.sessions[0]);
    });
  }
});
