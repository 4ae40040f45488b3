/** Headless Chromium on the page: whose tab it is, whose message, and in which colour. */
import { prepare, serve } from "@sansocket/node";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningChat, startChat } from "../src/app.ts";
import { readPageFiles } from "../src/page-files.ts";
import {
  isConnected,
  messagesOn,
  NO_CHROMIUM,
  openBrowser,
  type People,
  say,
  textsOf,
} from "./browser.ts";

let people: People | null;
let running: RunningChat;

beforeAll(async () => {
  [people, running] = await Promise.all([
    openBrowser(),
    startChat({ serve, prepare, files: readPageFiles(), port: 0, hostname: "127.0.0.1" }),
  ]);
}, 60_000);

afterAll(async () => {
  await people?.close();
  await running.shutdown();
});

const roomUrl = (room: string): string => `${running.url}#/${encodeURIComponent(room)}`;

/** Whoever is here, once there are that many. */
async function peopleOn(page: Page, count: number): Promise<string[]> {
  await page.waitForFunction(
    (expected) => document.querySelectorAll("#people li").length === expected,
    count,
  );
  return textsOf(page, "#people .name");
}

describe("two tabs of one browser", () => {
  test("are two people: the second has a number behind its name, and keeps it when it is reloaded", {
    timeout: 120_000,
  }, async (context) => {
    if (people === null) return context.skip(NO_CHROMIUM);
    const one = await people.arrive("Ada", roomUrl("tabs"));
    const other = await people.arrive("Ada", roomUrl("tabs"));
    for (const { page } of [one, other]) {
      expect(await peopleOn(page, 2)).toEqual(["Ada", "Ada 2"]);
      expect(await textsOf(page, "#room-facts")).toEqual(["2 people here"]);
    }
    expect(await other.page.inputValue("#name")).toBe("Ada 2");
    await say(one.page, "hello, me");
    expect(await messagesOn(other.page, 1)).toEqual(["hello, me"]);
    expect(await other.page.$$(".entry.own")).toEqual([]);
    await Promise.all([one.page.reload(), other.page.reload()]);
    await Promise.all([isConnected(one.page), isConnected(other.page)]);
    expect(await other.page.inputValue("#name")).toBe("Ada 2");
    expect(await one.page.inputValue("#name")).toBe("Ada");
    await Promise.all([one.page.close(), other.page.close()]);
  });

  test("that are one person, as a duplicated tab is, are counted as such", {
    timeout: 120_000,
  }, async (context) => {
    if (people === null) return context.skip(NO_CHROMIUM);
    const one = await people.arrive("Ada", roomUrl("duplicate"));
    // A browser copies the session storage when a person duplicates a tab.
    const [popup] = await Promise.all([
      one.page.waitForEvent("popup"),
      one.page.evaluate(() => {
        window.open(location.href);
      }),
    ]);
    await isConnected(popup);
    await one.page.waitForFunction(
      () => document.querySelector("#people .aside")?.textContent === "you, in 2 tabs",
    );
    expect(await textsOf(one.page, "#room-facts")).toEqual(["You are alone here, in 2 tabs"]);
    await Promise.all([one.page.close(), popup.close()]);
  });
});

describe("a name that is taken", () => {
  test.for([
    ["the same", "Ada"],
    ["in other letters of the same look", "аԁа"],
  ] as const)(
    "%s is refused to another person, who keeps the name from before",
    { timeout: 120_000 },
    async ([what, wanted], context) => {
      if (people === null) return context.skip(NO_CHROMIUM);
      const room = `taken ${what.slice(0, 8)}`;
      const ada = await people.arrive("Ada", roomUrl(room));
      const eve = await people.arrive("Eve", roomUrl(room));
      await eve.page.fill("#name", wanted);
      await eve.page.press("#name", "Enter");
      await eve.page.waitForSelector("#fault:not([hidden])");
      expect(await textsOf(eve.page, "#fault")).toEqual([expect.stringContaining("Ada")]);
      expect(await eve.page.inputValue("#name")).toBe("Eve");
      expect(await peopleOn(ada.page, 2)).toEqual(["Ada", "Eve"]);
      await Promise.all([ada.page.close(), eve.page.close()]);
    },
  );

  test("a name from the storage that the server no longer takes is replaced, and the page gets in", {
    timeout: 120_000,
  }, async (context) => {
    if (people === null) return context.skip(NO_CHROMIUM);
    const { page } = await people.arrive("\u3164", roomUrl("stored"));
    expect(await page.inputValue("#name")).toMatch(/^\w+ \w+$/);
    await say(page, "in");
    expect(await messagesOn(page, 1)).toEqual(["in"]);
    await page.close();
  });
});

test("a name in full-width letters is remembered as the server has it, for the next tab", {
  timeout: 120_000,
}, async (context) => {
  if (people === null) return context.skip(NO_CHROMIUM);
  const { page } = await people.arrive("Eve", roomUrl("width"));
  await page.fill("#name", "Ａｄａ  L");
  await page.press("#name", "Enter");
  await page.waitForFunction(() => localStorage.getItem("name") === "Ada L");
  expect(await page.inputValue("#name")).toBe("Ada L");
  await page.close();
});

describe("one's own messages", () => {
  test("stand at the other side, are called one's own, and stay so after a reload and under another name", {
    timeout: 120_000,
  }, async (context) => {
    if (people === null) return context.skip(NO_CHROMIUM);
    const ada = await people.arrive("Ada", roomUrl("own"));
    const bob = await people.arrive("Bob", roomUrl("own"));
    await say(ada.page, "mine");
    await messagesOn(bob.page, 1);
    await say(bob.page, "yours");
    await messagesOn(ada.page, 2);
    const ownOn = (page: Page): Promise<string[]> => textsOf(page, ".entry.own .text");
    expect(await ownOn(ada.page)).toEqual(["mine"]);
    expect(await ownOn(bob.page)).toEqual(["yours"]);
    expect(await textsOf(ada.page, "#transcript .name")).toEqual(["You", "Bob"]);
    const edges = await ada.page.$$eval("#transcript .text", (texts) =>
      texts.map((text) => text.getBoundingClientRect().left),
    );
    expect(edges[0]!).toBeGreaterThan(edges[1]! + 100);
    await ada.page.fill("#name", "Adelaide");
    await ada.page.press("#name", "Enter");
    await peopleOn(bob.page, 2);
    await ada.page.reload();
    await messagesOn(ada.page, 2);
    expect(await ownOn(ada.page)).toEqual(["mine"]);
    await Promise.all([ada.page.close(), bob.page.close()]);
  });
});

describe("colours", () => {
  test("eight people have eight of them, the same on every page, in the list and beside what they say", {
    timeout: 120_000,
  }, async (context) => {
    if (people === null) return context.skip(NO_CHROMIUM);
    const names = ["Ada", "Ben", "Cyd", "Dov", "Eli", "Fay", "Gus", "Hal"];
    const visitors = [];
    for (const name of names) visitors.push(await people.arrive(name, roomUrl("colours")));
    const colours = (page: Page): Promise<string[]> =>
      page.$$eval("#people .disc", (discs) =>
        discs.map((disc) => getComputedStyle(disc).backgroundColor),
      );
    const [first, last] = [visitors[0]!.page, visitors.at(-1)!.page];
    await peopleOn(first, 8);
    const seen = await colours(first);
    expect(new Set(seen).size).toBe(8);
    expect(await colours(last)).toEqual(seen);
    await say(last, "in my colour");
    await messagesOn(first, 1);
    const beside = await first.$eval(
      "#transcript .disc",
      (disc) => getComputedStyle(disc).backgroundColor,
    );
    expect(beside).toBe(seen[7]);
    await Promise.all(visitors.map(({ page }) => page.close()));
  });
});
