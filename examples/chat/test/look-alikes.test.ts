import { describe, expect, test } from "vitest";
import { numbered, skeletonOf } from "../src/look-alikes.ts";
import { last, received, Scene } from "./scene.ts";

describe("names that look alike have one skeleton", () => {
  test.each([
    ["Ada", "ADA", "case"],
    ["Аԁа", "Ada", "Cyrillic"],
    ["СОТ", "COT", "Cyrillic capitals"],
    ["Νοτα", "Nota", "Greek"],
    ["Ilse", "llse", "I and l"],
    ["Il", "1|", "I, l, 1 and |"],
    ["Bob", "B0b", "o and 0"],
    ["Arno", "Amo", "rn and m"],
    ["Strauß", "STRAUSS", "ß"],
    ["Gɑby", "Gaby", "Latin letters of other kinds"],
    ["❤\ufe0f", "❤", "the style of an emoji"],
  ])("%s and %s: %s", (one, other) => {
    expect(skeletonOf(one)).toBe(skeletonOf(other));
  });

  test.each([
    ["Zoe", "Zoë"],
    ["Ada", "Ada 2"],
    ["Ada", "Adam"],
    ["田中", "田"],
    ["Иван", "Ivan"],
  ])("%s and %s do not", (one, other) => {
    expect(skeletonOf(one)).not.toBe(skeletonOf(other));
  });
});

describe("a number behind a name", () => {
  test("is the lowest that is not taken, and the name stays within its length and whole characters", () => {
    const taken = new Set(["Ada 2", "Ada 3"].map(skeletonOf));
    const isTaken = (skeleton: string): boolean => taken.has(skeleton);
    expect(numbered("Ada", isTaken)).toBe("Ada 4");
    expect(numbered("x".repeat(24), isTaken)).toBe(`${"x".repeat(22)} 2`);
    expect(numbered("😀".repeat(12), isTaken)).toBe(`${"😀".repeat(11)} 2`);
  });
});

describe("a name that somebody in the room has, or one that looks like it", () => {
  test("has a number behind it when it enters", () => {
    const scene = new Scene();
    scene.guest("Ada");
    expect(last(received(scene.guest("Ada"), "joined")).name).toBe("Ada 2");
    expect(last(received(scene.guest("Аԁа"), "joined")).name).toBe("Аԁа 3");
    expect(last(received(scene.guest("Ada", "tea room"), "joined")).name).toBe("Ada");
  });

  test("has a number too when it comes from another room", () => {
    const scene = new Scene();
    scene.guest("Ada");
    const other = scene.guest("ada", "tea room");
    scene.join(other, "lobby", "ada");
    expect(last(received(other, "joined")).name).toBe("ada 2");
  });

  test("is refused to who is in the room already, who keeps the name from before", () => {
    const scene = new Scene();
    scene.guest("Ada");
    const eve = scene.guest("Eve");
    for (const wanted of ["Ada", "ADA", "Аԁа"]) {
      scene.join(eve, "lobby", wanted);
      expect(last(eve.sent)).toEqual({
        type: "refused",
        why: "“Ada” is here already, and looks the same",
        isOfName: true,
      });
    }
    expect(eve.name).toBe("Eve");
    scene.join(eve, "lobby", "EVE");
    expect(eve.name).toBe("EVE");
  });

  test("is given to another connection of the same tab, which may have lost the one before", () => {
    const scene = new Scene();
    scene.guest("Ada", "lobby", null, "secret");
    const again = scene.guest("Ada", "lobby", null, "secret");
    expect(last(received(again, "joined")).name).toBe("Ada");
    expect(last(received(scene.guest("Ada", "lobby", null, "other"), "joined")).name).toBe("Ada 2");
  });

  test("tells nobody the secret of a tab", () => {
    const scene = new Scene();
    const ada = scene.guest("Ada", "lobby", null, "secret");
    const bob = scene.guest("Bob");
    scene.say(ada, "hello");
    scene.flush();
    expect(JSON.stringify([ada.sent, bob.sent])).not.toContain("secret");
  });
});
