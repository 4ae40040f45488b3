/** Values that nobody means: what JavaScript passes on where a type would have been asked for. */
export const ODD_VALUES: Readonly<Record<string, unknown>> = {
  undefined,
  null: null,
  true: true,
  "0": 0,
  "-1": -1,
  "1.5": 1.5,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  bigint: 5n,
  symbol: Symbol("odd"),
  empty: "",
  string: "odd",
  lines: "a\r\nb",
  emoji: "\u{1F600}",
  "[]": [],
  "[null]": [null],
  "[symbol]": [Symbol("odd")],
  "[5n]": [5n],
  "[string]": ["odd"],
  "[[]]": [[]],
  "[[5,5]]": [[5, 5]],
  "[symbols]": [[Symbol("odd"), Symbol("odd")]],
  "{}": {},
  bare: Object.create(null),
  "{odd}": { odd: null },
  "{symbols}": { name: Symbol("odd"), parameters: Symbol("odd"), length: Symbol("odd") },
  thrower: {
    toString() {
      throw new Error("toString");
    },
    [Symbol.toPrimitive]() {
      throw new Error("toPrimitive");
    },
  },
  function: () => {},
};

export type OddName = keyof typeof ODD_VALUES & string;

/** A public function with arguments that are right, and the odd values that it takes all the same. */
export interface PublicEntry {
  /** Made for each call, so that nothing of one call is seen in the next. */
  readonly call: (...given: never[]) => unknown;
  readonly right: () => unknown[];
  /**
   * By place, "0" for the first argument and "0.member" for a member of it: the names of {@link ODD_VALUES} that are lawful
   * there. At every other place there are none.
   */
  readonly takes?: Readonly<Record<string, readonly OddName[]>>;
}

/** Every call of the entry with one odd value in one place. */
export function* oddCalls({ right, takes = {} }: PublicEntry): Generator<{
  readonly place: string;
  readonly odd: OddName;
  readonly given: unknown[];
  readonly isLawful: boolean;
}> {
  const count = right().length;
  for (let index = 0; index < count; index += 1) {
    const argument = right()[index];
    const members =
      typeof argument === "object" &&
      argument !== null &&
      Object.getPrototypeOf(argument) === Object.prototype
        ? Object.keys(argument)
        : [];
    for (const [odd, value] of Object.entries(ODD_VALUES)) {
      const place = String(index);
      yield {
        place,
        odd,
        given: right().map((one, at) => (at === index ? value : one)),
        isLawful: takes[place]?.includes(odd) ?? false,
      };
    }
    for (const member of members) {
      for (const [odd, value] of Object.entries(ODD_VALUES)) {
        const place = `${index}.${member}`;
        const given = right();
        given[index] = { ...(given[index] as object), [member]: value };
        yield { place, odd, given, isLawful: takes[place]?.includes(odd) ?? false };
      }
    }
  }
}

/** What the calls of an entry did that they may not do, one line each. */
export function breachesOf(entry: PublicEntry, isMisuse: (error: unknown) => boolean): string[] {
  const breaches: string[] = [];
  for (const { place, odd, given, isLawful } of oddCalls(entry)) {
    try {
      entry.call(...(given as never[]));
      if (!isLawful) breaches.push(`${place} = ${odd} is taken`);
    } catch (error) {
      if (isLawful) breaches.push(`${place} = ${odd} is refused: ${(error as Error).message}`);
      else if (!isMisuse(error)) breaches.push(`${place} = ${odd} throws ${String(error)}`);
    }
  }
  return breaches;
}
