/** Headless Chromium on the page: what holds at every size, with large letters, in another language, and without a network. */
import { prepare, serve } from "@sansocket/node";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningChat, startChat } from "../src/app.ts";
import { readPageFiles } from "../src/page-files.ts";
import {
  messagesOn,
  NO_CHROMIUM,
  openBrowser,
  overflowOf,
  type People,
  say,
  textsOf,
} from "./browser.ts";

const LONG_NAME = "Zoë-Ångström Wilhelmine";

let british: People | null;
let american: People | null;
let largeLetters: People | null;
let running: RunningChat;

const start = (): Promise<RunningChat> =>
  startChat({ serve, prepare, files: readPageFiles(), port: 0, hostname: "127.0.0.1" });

beforeAll(async () => {
  [british, american, largeLetters, running] = await Promise.all([
    openBrowser(),
    openBrowser({ locale: "en-US" }),
    openBrowser({ fontSize: 32 }),
    start(),
  ]);
});

afterAll(async () => {
  await Promise.all([british?.close(), american?.close(), largeLetters?.close()]);
  await running.shutdown();
});

/** A room of its own for each test. */
const roomUrl = (room: string): string => `${running.url}#/${encodeURIComponent(room)}`;

interface Box {
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Once the element is laid out. A page that has the element may not have drawn it yet. */
async function boxOf(page: Page, selector: string): Promise<Box> {
  const box = await page.waitForFunction((wanted): Box | null => {
    const { top, width, height } =
      document.querySelector(wanted)?.getBoundingClientRect() ?? new DOMRect();
    return width > 0 && height > 0 ? { top, width, height } : null;
  }, selector);
  return (await box.jsonValue())!;
}

describe("the layout", () => {
  test.for([
    [390, 844, "letters as they come"],
    [320, 568, "letters as they come"],
    [320, 568, "an American clock"],
    [320, 256, "letters as they come"],
    [820, 1180, "letters as they come"],
    [1280, 860, "letters as they come"],
    [1920, 1080, "letters as they come"],
    [390, 844, "letters twice as large"],
    [1280, 860, "letters twice as large"],
  ] as const)(
    "nothing overflows at %i by %i, %s, with names and words without end, nor when the connection is lost",
    {
      timeout: 120_000,
    },
    async ([width, height, manner], context) => {
      const people = { "an American clock": american, "letters twice as large": largeLetters }[
        manner as string
      ];
      const browser = people === undefined ? british : people;
      if (browser === null) return context.skip(NO_CHROMIUM);
      const own = await start();
      const room = `${"w".repeat(20)}${width}`;
      const { page } = await browser.arrive("N".repeat(24), `${own.url}#/${room}`, {
        width,
        height,
      });
      await say(page, "x".repeat(700));
      await say(page, "one two three ".repeat(40));
      await messagesOn(page, 2);
      const visitAll = async (): Promise<void> => {
        for (const tab of await page.$$("[data-show]")) {
          if (await tab.isVisible()) await tab.click();
          for (const row of (await page.$$(".frame summary")).slice(-2)) {
            if (await row.isVisible()) await row.click();
          }
          expect(await overflowOf(page)).toBeLessThanOrEqual(0);
        }
      };
      await visitAll();
      await own.shutdown();
      await page.waitForSelector("#lost:not([hidden])", { state: "attached" });
      await visitAll();
      await page.close();
    },
  );

  test("a name that takes two lines leaves the American time in one", {
    timeout: 120_000,
  }, async (context) => {
    if (american === null) return context.skip(NO_CHROMIUM);
    const zoe = await american.arrive(LONG_NAME, roomUrl("time"));
    const { page } = await american.arrive("Ada", roomUrl("time"));
    await say(zoe.page, "said");
    await messagesOn(page, 1);
    expect((await textsOf(page, ".by time"))[0]).toMatch(/^[1-9][0-9]?:[0-9]{2}\s[AP]M$/);
    const linesOf = (selector: string): Promise<number> =>
      page.$eval(selector, (element) => {
        const range = document.createRange();
        range.selectNodeContents(element);
        return new Set([...range.getClientRects()].map(({ bottom }) => bottom)).size;
      });
    const nameLines = new Set<number>();
    // Somewhere in these the line ends in the midst of the time.
    for (let width = 280; width <= 390; width += 5) {
      await page.setViewportSize({ width, height: 568 });
      nameLines.add(await linesOf(".by .name"));
      expect([width, await linesOf(".by time")]).toEqual([width, 1]);
    }
    expect(nameLines).toEqual(new Set([1, 2]));
    await Promise.all([page.close(), zoe.page.close()]);
  });

  test("with letters twice as large a phone's list of frames keeps room, and its buttons can be pressed", {
    timeout: 120_000,
  }, async (context) => {
    if (largeLetters === null) return context.skip(NO_CHROMIUM);
    const size = { width: 390, height: 844 };
    const { page } = await largeLetters.arrive("Ada", roomUrl("large"), size);
    await page.click('[data-show="wire"]');
    expect((await boxOf(page, "#frames")).height).toBeGreaterThanOrEqual(400);
    const title = await boxOf(page, "#wire-title");
    expect(title.height).toBeLessThan(80); // one line of it
    await page.click("#pause");
    await page.click(".frame summary");
    await page.waitForSelector(".frame .field");
    await page.close();
  });

  test("what is round is as wide as it is high, in whole pixels", {
    timeout: 120_000,
  }, async (context) => {
    if (british === null) return context.skip(NO_CHROMIUM);
    const { page } = await british.arrive("Ada", roomUrl("round"));
    const bob = await british.arrive("Bob", roomUrl("round"));
    await say(bob.page, "said");
    await messagesOn(page, 1);
    for (const selector of ["#dot", "#people .disc", "#transcript .disc"]) {
      const { width, height } = await boxOf(page, selector);
      expect([selector, width, Number.isInteger(width)]).toEqual([selector, height, true]);
    }
    await Promise.all([page.close(), bob.page.close()]);
  });
});

describe("who writes", () => {
  test("is named with an ellipsis that stands at the word", {
    timeout: 120_000,
  }, async (context) => {
    if (british === null) return context.skip(NO_CHROMIUM);
    const ada = await british.arrive("Ada", roomUrl("writing"));
    const bob = await british.arrive("Bob", roomUrl("writing"));
    await bob.page.type("#message", "h");
    await ada.page.waitForFunction(() => document.querySelector("#typing")?.textContent !== "");
    expect(await textsOf(ada.page, "#typing")).toEqual(["Bob is writing…"]);
    await Promise.all([ada.page.close(), bob.page.close()]);
  });
});

describe("without a connection", () => {
  test("the head and the transcript stay where they were, and nobody is counted", {
    timeout: 120_000,
  }, async (context) => {
    if (british === null) return context.skip(NO_CHROMIUM);
    const own = await start();
    const { page } = await british.arrive("Ada", `${own.url}#/lobby`);
    const before = await Promise.all(["#chat .head", "#scroll"].map((at) => boxOf(page, at)));
    expect(await textsOf(page, "#rooms .count")).toEqual(["1 here"]);
    expect(await page.isHidden("#people-unknown")).toBe(true);
    await own.shutdown();
    await page.waitForSelector("#lost:not([hidden])");
    const after = await Promise.all(["#chat .head", "#scroll"].map((at) => boxOf(page, at)));
    expect(after.map(({ top }) => top)).toEqual(before.map(({ top }) => top));
    expect(after[0]!.height).toBe(before[0]!.height);
    expect(await textsOf(page, "#rooms .count, #people li")).toEqual([]);
    expect(await page.isVisible("#people-unknown")).toBe(true);
    expect(await textsOf(page, "#room-facts")).toEqual([
      expect.stringMatching(/^Offline since [0-9]{2}:[0-9]{2}$/),
    ]);
    // In another room nobody is known either.
    await page.click("#rooms li:nth-child(2) a");
    expect(await page.isVisible("#people-unknown")).toBe(true);
    await page.close();
  });
});

describe("the drawing of a frame", () => {
  test("keeps the letters of the bits off their values, and no line of a payload begins with a comma", {
    timeout: 120_000,
  }, async (context) => {
    if (british === null) return context.skip(NO_CHROMIUM);
    const size = { width: 320, height: 568 };
    const { page } = await british.arrive("Bob", roomUrl("blackboard"), size);
    await page.click('[data-show="wire"]');
    await page.click(".frame.in summary");
    await page.waitForSelector(".frame .field");
    const gaps = await page.$$eval(".field.bit", (fields) =>
      fields.map((field) => {
        const [letters, value] = [...field.children].map((child) => {
          const range = document.createRange();
          range.selectNodeContents(child);
          return range.getBoundingClientRect();
        });
        return value!.top - letters!.bottom;
      }),
    );
    expect(gaps.length).toBe(5);
    expect(Math.min(...gaps)).toBeGreaterThan(0);
    // Somewhere in these a line ends where a comma would be the next character.
    for (let width = 320; width <= 360; width += 4) {
      await page.setViewportSize({ width, height: 568 });
      const commasThatBegin = await page.$eval(".field.wide:last-child .field-value", (value) => {
        const pieces = [...value.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
        const places = pieces.flatMap((piece) =>
          [...piece.textContent!].map((character, index) => {
            const range = document.createRange();
            range.setStart(piece, index);
            range.setEnd(piece, index + 1);
            return { character, top: range.getBoundingClientRect().top };
          }),
        );
        return places.filter(
          ({ character, top }, index) => character === "," && top > places[index - 1]!.top,
        ).length;
      });
      expect([width, commasThatBegin]).toEqual([width, 0]);
    }
    await page.close();
  });

  test("the ring of the focus is drawn inside the list, which would cut it off", {
    timeout: 120_000,
  }, async (context) => {
    if (british === null) return context.skip(NO_CHROMIUM);
    const { page } = await british.arrive("Ada", roomUrl("ring"));
    await page.focus("#clear");
    await page.keyboard.press("Tab");
    const ring = await page.evaluate(() => {
      const { tagName } = document.activeElement!;
      const { outlineOffset, outlineWidth } = getComputedStyle(document.activeElement!);
      return { tagName, offset: Number.parseFloat(outlineOffset), width: outlineWidth };
    });
    expect(ring).toEqual({ tagName: "SUMMARY", offset: -3, width: "2px" });
    await page.close();
  });

  test("who reads further up in the list stays there when the window changes its size", {
    timeout: 120_000,
  }, async (context) => {
    if (british === null) return context.skip(NO_CHROMIUM);
    const { page } = await british.arrive("Ada", roomUrl("place"), { width: 1280, height: 500 });
    for (let count = 1; count <= 6; count += 1) await say(page, `message ${count}`);
    await messagesOn(page, 6);
    const place = (): Promise<number> => page.$eval("#frames", ({ scrollTop }) => scrollTop);
    const isAtEnd = (): Promise<boolean> =>
      page.$eval(
        "#frames",
        ({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight < 2,
      );
    // In the second frame, what watches for sizes has been called in the first.
    const isLaidOut = async (height: number): Promise<void> => {
      await page.waitForFunction((expected) => innerHeight === expected, height);
      for (const _frame of [1, 2]) await page.evaluate(() => new Promise(requestAnimationFrame));
    };
    expect(await isAtEnd()).toBe(true);
    await page.setViewportSize({ width: 1280, height: 460 });
    await isLaidOut(460);
    expect(await isAtEnd()).toBe(true);
    await page.$eval("#frames", (frames) => frames.scrollTo(0, 100));
    await page.setViewportSize({ width: 1280, height: 480 });
    await isLaidOut(480);
    expect(await place()).toBe(100);
    await page.close();
  });
});
