import { expect, test } from "vitest";
import { chooseHue, HUES } from "../src/hues.ts";
import { last, received, Scene } from "./scene.ts";

test("as many people as there are colours have one each, whatever their names", () => {
  for (let run = 0; run < 50; run += 1) {
    const hues: number[] = [];
    for (let index = 0; index < HUES; index += 1) {
      hues.push(chooseHue(`name ${run} ${index}`, hues, null));
    }
    expect(new Set(hues).size).toBe(HUES);
  }
});

test("the second is opposite of the first on the circle, and the next two stand between them", () => {
  const hues: number[] = [];
  for (const name of ["Ada", "Bob", "Cyd", "Dov"]) hues.push(chooseHue(name, hues, null));
  const gaps = hues.map((hue) => (hue - hues[0]! + HUES) % HUES);
  expect(gaps.slice(0, 2)).toEqual([0, HUES / 2]);
  expect(new Set(gaps.slice(2))).toEqual(new Set([HUES / 4, (3 * HUES) / 4]));
});

test("beyond that, no colour is had by two more than another", () => {
  const hues: number[] = [];
  for (let index = 0; index < 50; index += 1) hues.push(chooseHue(`name ${index}`, hues, null));
  const counts = Array.from({ length: HUES }, (_, hue) => hues.filter((own) => own === hue).length);
  expect(Math.max(...counts) - Math.min(...counts)).toBe(1);
});

test("who comes back has the colour from before, unless somebody else has it by now", () => {
  expect(chooseHue("Ada", [1, 2], 3)).toBe(3);
  expect(chooseHue("Ada", [1, 2], 2)).not.toBe(2);
});

test("a person keeps the colour while others come and go, and under another name, and has it beside what was said", () => {
  const scene = new Scene();
  const ada = scene.guest("Ada");
  const { hue } = ada;
  const bob = scene.guest("Bob");
  expect(bob.hue).not.toBe(hue);
  scene.leave(bob);
  scene.guest("Cyd");
  scene.join(ada, "lobby", "Adelaide");
  scene.say(ada, "hello");
  expect(last(received(ada, "entry")).entry.hue).toBe(hue);
  scene.leave(ada);
  expect(scene.guest("Adelaide").hue).toBe(hue);
});
