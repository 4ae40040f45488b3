/** The output of `console.log` for an object: its facts, in place of a hundred lines of internal state. */

interface Class {
  readonly prototype: object;
}

/**
 * For Node and Bun, which ask for an object to show, and for Deno, which asks for text.
 * @param factsOf returns plain data. `factsOf` is called for every object that inherits from the prototype, and may throw.
 */
export function showFacts<Shown>(
  shown: Class,
  name: string,
  factsOf: (self: Shown) => object,
): void {
  const view = (self: Shown): object => {
    try {
      return Object.defineProperty({ ...factsOf(self) }, Symbol.toStringTag, { value: name });
    } catch {
      // The object is the prototype itself, and a prototype has no facts.
      return Object.defineProperty({}, Symbol.toStringTag, { value: name });
    }
  };
  define(shown, "nodejs.util.inspect.custom", function (this: Shown) {
    return view(this);
  });
  define(shown, "Deno.customInspect", function (this: Shown, inspect: unknown, options: unknown) {
    return (inspect as (value: object, options: unknown) => string)(view(this), options);
  });
}

function define({ prototype }: Class, symbol: string, value: unknown): void {
  Object.defineProperty(prototype, Symbol.for(symbol), {
    value,
    configurable: true,
    writable: true,
  });
}
