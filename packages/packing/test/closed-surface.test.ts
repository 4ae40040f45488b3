/** A published type that shows the inside of a package becomes a promise that nobody meant to give. */
import { expect, test } from "vitest";
import { surfaceOf } from "./closed-surface.ts";
import { PUBLISHED } from "./published.ts";

test.each(PUBLISHED)(
  "$manifest.name shows no internal member, and no type that nobody can import",
  (published) => {
    const { members, faults } = surfaceOf(published);
    console.log(
      `${published.manifest.name}: ${members} public names and members, ${faults.length} of them internal`,
    );
    expect(faults).toEqual([]);
    expect(members).toBeGreaterThan(0);
  },
);
