/** Every kind of thrown value, and every way in which a hook can fail of it: for laws about hooks that throw. */

function throws(): never {
  throw new TypeError("a trap of an odd value");
}

/** Values that fail whoever looks at them, or makes words of them. */
export const ODD_VALUES: { readonly [what: string]: () => unknown } = {
  "an Error": () => new Error("broken"),
  undefined: () => undefined,
  null: () => null,
  "a number": () => Number.NaN,
  "a bigint": () => 1n,
  text: () => "broken",
  "a symbol": () => Symbol("broken"),
  "a function": () => throws,
  "JSON that has no text": () => JSON.parse('{"toString":1,"message":2,"name":{},"code":[]}'),
  "an object without a prototype": () => Object.create(null),
  "an object that throws as text": () => ({ toString: throws, [Symbol.toPrimitive]: throws }),
  "an Error whose properties throw": () =>
    Object.defineProperties(new Error("broken"), {
      stack: { get: throws },
      message: { get: throws },
      name: { get: throws },
      code: { get: throws },
      cause: { get: throws },
    }),
  "an object whose tag throws": () =>
    Object.defineProperty({}, Symbol.toStringTag, { get: throws }),
  "an object that throws when it is printed": () => ({
    [Symbol.for("nodejs.util.inspect.custom")]: throws,
    [Symbol.for("Deno.customInspect")]: throws,
  }),
  "a proxy whose traps throw": () =>
    new Proxy({}, { get: throws, has: throws, ownKeys: throws, getPrototypeOf: throws }),
  "a proxy that is revoked": () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  "an Error of its own cause": () => {
    const error = new Error("broken");
    error.cause = error;
    return error;
  },
  "a promise that rejects": () => {
    const promise = Promise.reject(new Error("inside"));
    promise.catch(() => {});
    return promise;
  },
};

function thenable(then: (fulfil: unknown, reject: (error: unknown) => void) => void): object {
  return withThen({}, { value: then });
}

function withThen(object: object, then: PropertyDescriptor): object {
  // biome-ignore lint/suspicious/noThenProperty: objects with an odd one are what the laws are about
  return Object.defineProperty(object, "then", then);
}

/** How a hook fails of a value: what it returns, if it returns. */
export const WAYS_TO_FAIL: { readonly [what: string]: (value: unknown) => unknown } = {
  throws: (value) => {
    throw value;
  },
  rejects: (value) => Promise.reject(value),
  "rejects later": async (value) => {
    await null;
    throw value;
  },
  "returns a thenable whose then throws": (value) =>
    thenable(() => {
      throw value;
    }),
  "returns an object whose getter of then throws": (value) =>
    withThen(
      {},
      {
        get: () => {
          throw value;
        },
      },
    ),
  "returns an object whose getter of then throws the second time": (value) => {
    let looks = 0;
    const get = (): unknown => {
      looks += 1;
      if (looks > 1) throw value;
      return () => {};
    };
    return withThen({}, { get });
  },
  "returns a thenable that calls back twice, and throws": (value) =>
    thenable((_, reject) => {
      reject(value);
      reject(value);
      throw value;
    }),
  "returns a promise whose then throws, and which rejects": (value) => {
    const promise = Promise.reject(value);
    promise.catch(() => {});
    const then = (): never => {
      throw value;
    };
    return withThen(promise, { value: then });
  },
};
