/**
 * Every history of the small worlds, put to the engine. `pnpm search` runs this file, and writes the picture of the close
 * machine into docs/laws.md.
 */
import { describe, expect, test } from "vitest";
import { explore, SMALL_WORLDS, sansocketEngine, type Transition } from "../../src/index.ts";
import { pictureOf, pictureOnPage, writePicture } from "./close-machine-page.ts";

const MINUTES = 600_000;
const engine = sansocketEngine();
const isNode = process.versions["bun"] === undefined && process.versions["deno"] === undefined;
/** The engine is the same code on each runtime. Node searches all worlds, and the others the smallest. */
const worlds = Object.entries(SMALL_WORLDS).filter(
  ([name]) => isNode || name === "a ping and a deadline",
);
const transitions: Transition[] = [];

describe("laws 4, 5 and 9 hold in every state of a world with", () => {
  test.each(worlds)("%s", { timeout: MINUTES }, (name, size) => {
    const { states, moves, longest, ...found } = explore(engine, size);
    transitions.push(...found.transitions);
    console.log(`${name}: ${states} states, ${moves} moves, histories of up to ${longest} moves`);
    expect(states).toBeGreaterThan(1_000);
  });

  test("an opening handshake, a loss and a deadline", { timeout: MINUTES }, () => {
    const size = { texts: 0, pings: 0, closes: 1, cuts: 1, losses: 1, waits: 1 };
    const { states, moves, longest } = explore(engine, size, { from: "opening" });
    console.log(`opening: ${states} states, ${moves} moves, histories of up to ${longest} moves`);
    expect(states).toBeGreaterThan(1_000);
  });
});

test("docs/laws.md shows the close machine that was explored", (context) => {
  if (!isNode) return context.skip("the page is compared once, on Node");
  const picture = pictureOf(transitions);
  if (process.env["SANSOCKET_UPDATE"] === "1") writePicture(picture);
  expect(pictureOnPage(), "run pnpm search, and look at the difference").toBe(picture);
});
