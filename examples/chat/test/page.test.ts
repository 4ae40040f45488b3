/** Headless Chromium on the page: people talk, lose the connection and come back, and see the frames of it all. */
import { prepare, serve } from "@sansocket/node";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type RunningChat, type Serve, startChat } from "../src/app.ts";
import { readPageFiles } from "../src/page-files.ts";
import {
  isConnected,
  messagesOn,
  NO_CHROMIUM,
  openBrowser,
  type People,
  say,
  textsOf,
  violationsOn,
} from "./browser.ts";

let people: People | null;
let running: RunningChat;
/** While false, nobody gets in. */
let isGateOpen = true;
let server: Awaited<ReturnType<Serve>>;

const gated: Serve = async (options) => {
  server = await serve({
    ...options,
    upgrade: (request) => (isGateOpen ? options.upgrade(request) : request.reject(503)),
  });
  return server;
};

const start = (port: number): Promise<RunningChat> =>
  startChat({ serve: gated, prepare, files: readPageFiles(), port, hostname: "127.0.0.1" });

beforeAll(async () => {
  [people, running] = await Promise.all([openBrowser(), start(0)]);
});

afterEach(() => {
  isGateOpen = true;
});

afterAll(async () => {
  await people?.close();
  await running.shutdown();
});

/** A room of its own for each test. */
const roomUrl = (room: string): string => `${running.url}#/${encodeURIComponent(room)}`;

describe("talking", () => {
  test("two people in a room read each other, and what they write is never taken for HTML", {
    timeout: 120_000,
  }, async (context) => {
    if (people === null) return context.skip(NO_CHROMIUM);
    const ada = await people.arrive("Ada", roomUrl("talk"));
    const bob = await people.arrive("Bob <i>", roomUrl("talk"));
    await say(ada.page, "<img src=x onerror=alert(1)>");
    await messagesOn(bob.page, 1);
    await say(bob.page, "two\nlines");
    const expected = ["<img src=x onerror=alert(1)>", "two\nlines"];
    expect(await messagesOn(ada.page, 2)).toEqual(expected);
    expect(await messagesOn(bob.page, 2)).toEqual(expected);
    expect(await textsOf(ada.page, "#people .name")).toEqual(["Ada", "Bob <i>"]);
    expect([...ada.faults, ...bob.faults]).toEqual([]);
    await Promise.all([ada.page.close(), bob.page.close()]);
  });

  test("rooms are left and entered without a reload, and a name is changed", {
    timeout: 120_000,
  }, async (context) => {
    if (people === null) return context.skip(NO_CHROMIUM);
    const { page, faults } = await people.arrive("Cleo", roomUrl("cellar"));
    await say(page, "in the cellar");
    await messagesOn(page, 1);
    await page.fill("#room-name", "  Attic ");
    await page.press("#room-name", "Enter");
    await page.waitForFunction(() => document.querySelector("#room")?.textContent === "attic");
    expect(await messagesOn(page, 0)).toEqual([]);
    await page.fill("#name", "Cleopatra");
    await page.press("#name", "Enter");
    await page.waitForFunction(
      () => document.querySelector("#people .name")?.textContent === "Cleopatra",
    );
    await say(page, "in the attic");
    await messagesOn(page, 1);
    await page.goBack();
    await page.waitForFunction(() => document.querySelector("#room")?.textContent === "cellar");
    expect(await messagesOn(page, 1)).toEqual(["in the cellar"]);
    expect(faults).toEqual([]);
    await page.close();
  });

  test("a room in an address that is written in other letters is the room that the server has", {
    timeout: 120_000,
  }, async (context) => {
    if (people === null) return context.skip(NO_CHROMIUM);
    const { page } = await people.arrive("Dora", roomUrl("Ｃａｆｅ\u0301  Ⅱ"));
    expect(await textsOf(page, "#room")).toEqual(["café ii"]);
    await say(page, "in");
    expect(await messagesOn(page, 1)).toEqual(["in"]);
    await page.close();
  });

  test("a name or a room that the server refuses is told, and the ones before hold", {
    timeout: 120_000,
  }, async (context) => {
    if (people === null) return context.skip(NO_CHROMIUM);
    const { page } = await people.arrive("Dora", roomUrl("hall"));
    await page.fill("#name", "a\u200bb");
    await page.press("#name", "Enter");
    await page.waitForSelector("#fault:not([hidden])");
    expect(await textsOf(page, "#fault")).toEqual([
      "A name has a character in it that cannot be seen.",
    ]);
    expect(await page.inputValue("#name")).toBe("Dora");
    await page.evaluate(() => {
      location.hash = "#/a\u200bb";
    });
    await page.waitForFunction(() => document.querySelector("#room")?.textContent === "hall");
    await say(page, "still here");
    expect(await messagesOn(page, 1)).toEqual(["still here"]);
    await page.close();
  });
});

describe("the keyboard alone", () => {
  const focused = (page: Page): Promise<string | null> =>
    page.evaluate(() => {
      const { id, textContent } = document.activeElement!;
      return id === "" ? textContent : id;
    });

  test("keeps its place among the rooms when one is entered, and when somebody comes", {
    timeout: 120_000,
  }, async (context) => {
    if (people === null) return context.skip(NO_CHROMIUM);
    const { page } = await people.arrive("Ada", roomUrl("lobby"));
    await page.focus("#rooms li:nth-child(2) a");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("#room")?.textContent !== "lobby");
    await page.waitForSelector("#rooms [aria-current] .count");
    expect(await focused(page)).toBe("protocols1 here");
    const bob = await people.arrive("Bob", roomUrl("protocols"));
    await page.waitForFunction(() => document.activeElement?.textContent === "protocols2 here");
    await Promise.all([page.close(), bob.page.close()]);
  });

  test("is back at the composer when a refused message is discarded", {
    timeout: 120_000,
  }, async (context) => {
    if (people === null) return context.skip(NO_CHROMIUM);
    const { page } = await people.arrive("Ada", roomUrl("discard"));
    await say(page, "a control \u0007");
    await page.focus(".refused .link:last-child");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#outbox li", { state: "detached" });
    expect(await focused(page)).toBe("message");
    await page.close();
  });
});

describe("a connection that is lost", () => {
  test("comes back, and brings what was missed, once", async (context) => {
    if (people === null) return context.skip(NO_CHROMIUM);
    const ada = await people.arrive("Ada", roomUrl("gap"));
    const bob = await people.arrive("Bob", roomUrl("gap"));
    await say(bob.page, "heard");
    await messagesOn(ada.page, 1);
    isGateOpen = false;
    server.sockets.find(({ data }) => data.name === "Ada")!.abort();
    await ada.page.waitForSelector("#lost:not([hidden])");
    await say(bob.page, "missed 1");
    await say(bob.page, "missed 2");
    await messagesOn(bob.page, 3);
    expect(await textsOf(ada.page, "#countdown")).toEqual([
      expect.stringMatching(/^Next try in \d+ s\.$/),
    ]);
    expect(await messagesOn(ada.page, 0)).toEqual(["heard"]);
    isGateOpen = true;
    // Unless it has come back by itself: then this does nothing.
    await ada.page.$eval("#retry", (button) => (button as HTMLButtonElement).click());
    await isConnected(ada.page);
    expect(await messagesOn(ada.page, 3)).toEqual(["heard", "missed 1", "missed 2"]);
    expect(await ada.page.$$(".note")).toEqual([]);
    expect(await ada.page.isHidden("#lost")).toBe(true);
    await Promise.all([ada.page.close(), bob.page.close()]);
  });

  test("comes back to a server that was started again on the same port, and what was written meanwhile is sent once", {
    timeout: 120_000,
  }, async (context) => {
    if (people === null) return context.skip(NO_CHROMIUM);
    const ada = await people.arrive("Ada", roomUrl("restart"));
    const bob = await people.arrive("Bob", roomUrl("restart"));
    await say(ada.page, "before");
    await messagesOn(bob.page, 1);
    const { port } = running;
    await running.shutdown();
    for (const { page } of [ada, bob]) await page.waitForSelector("#lost:not([hidden])");
    expect(await textsOf(ada.page, ".event")).toContain(
      "connection closed, 1001 “the server restarts”",
    );
    await say(ada.page, "while nobody was there");
    expect(await textsOf(ada.page, "#outbox .text")).toEqual(["while nobody was there"]);
    running = await start(port);
    expect(running.port).toBe(port);
    // Bob comes back when his browser says that there is a network again, and Ada by herself.
    await messagesOn(ada.page, 2);
    await bob.page.evaluate(() => dispatchEvent(new Event("online")));
    for (const { page, faults } of [ada, bob]) {
      expect(await messagesOn(page, 2)).toEqual(["before", "while nobody was there"]);
      expect(await textsOf(page, ".note")).toEqual([expect.stringMatching(/begun anew/)]);
      expect(await page.$$("#outbox li")).toEqual([]);
      expect(faults).toEqual([]);
    }
    await Promise.all([ada.page.close(), bob.page.close()]);
  });
});

describe("the end of the conversation", () => {
  test("is followed by who is there, and offered to who has scrolled away", {
    timeout: 120_000,
  }, async (context) => {
    if (people === null) return context.skip(NO_CHROMIUM);
    const size = { width: 390, height: 500 };
    const { page } = await people.arrive("Ada", roomUrl("long"), size);
    const bob = await people.arrive("Bob", roomUrl("long"));
    const distance = (): Promise<number> =>
      page.$eval("#scroll", ({ scrollHeight, scrollTop, clientHeight }) =>
        Math.abs(scrollHeight - scrollTop - clientHeight),
      );
    for (let line = 1; line <= 3; line += 1) {
      await say(bob.page, `${line}\n`.repeat(12));
      await messagesOn(page, line);
      expect(await distance()).toBeLessThanOrEqual(1);
    }
    await page.$eval("#scroll", (scroll) => scroll.scrollTo(0, 0));
    await say(bob.page, "the newest");
    await page.click("#to-end");
    expect(await distance()).toBeLessThanOrEqual(1);
    expect(await page.isHidden("#to-end")).toBe(true);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("message");
    await Promise.all([page.close(), bob.page.close()]);
  });
});

describe("axe, which checks for what keeps people out", () => {
  test.for([
    [1280, 860, "light"],
    [1280, 860, "dark"],
    [390, 844, "light"],
    [390, 844, "dark"],
  ] as const)(
    "finds nothing at %i by %i, %s",
    { timeout: 120_000 },
    async ([width, height, colorScheme], context) => {
      if (people === null) return context.skip(NO_CHROMIUM);
      const looks = { width, height, colorScheme };
      const { page } = await people.arrive("Ada", roomUrl(`axe ${colorScheme} ${width}`), looks);
      // A message that waits, one that was refused, and the notice of a loss.
      await say(page, "said");
      await messagesOn(page, 1);
      await page.fill("#message", "x");
      await say(page, "a control \u0007");
      await page.waitForSelector(".refused");
      isGateOpen = false;
      server.sockets.find(({ data }) => data.name === "Ada")!.abort();
      await page.waitForSelector("#lost:not([hidden])");
      await say(page, "kept");
      await page.evaluate(axe.source);
      for (const tab of ["directory", "wire", "chat"]) {
        if (width < 1000) await page.click(`[data-show="${tab}"]`);
        if (tab === "wire") {
          await page.click(".handshake summary");
          await (await page.$$(".frame summary")).at(-1)!.click();
        }
        expect(await violationsOn(page)).toEqual([]);
      }
      await page.close();
    },
  );
});
