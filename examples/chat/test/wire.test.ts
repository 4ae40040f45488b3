/** Headless Chromium on the view of the frames. */
import { prepare, serve } from "@sansocket/node";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningChat, startChat } from "../src/app.ts";
import { readPageFiles } from "../src/page-files.ts";
import { messagesOn, NO_CHROMIUM, openBrowser, type People, say, textsOf } from "./browser.ts";

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

/** Opens the newest frame that has this in its preview; its fields as "name=value". */
async function openFrame(page: Page, preview: string): Promise<string[]> {
  const row = page.locator(".frame", { hasText: preview }).last();
  await row.locator("summary").click();
  await row.locator(".field").first().waitFor();
  return row
    .locator(".field")
    .evaluateAll((boxes) =>
      boxes.map((box) => [...box.children].map(({ textContent }) => textContent).join("=")),
    );
}

describe("the list of frames", () => {
  test("begins with the opening handshake, request and response, and its key with its proof", {
    timeout: 120_000,
  }, async (context) => {
    if (people === null) return context.skip(NO_CHROMIUM);
    const { page, faults } = await people.arrive("Ada", roomUrl("handshake"));
    await page.waitForSelector(".frame");
    await page.click("#frames > li:first-child summary");
    await page.waitForSelector("#frames > li:first-child .http-head");
    expect(await textsOf(page, "#frames > li:first-child .opcode")).toEqual(["Handshake"]);
    const [request, response] = await textsOf(page, "#frames > li:first-child .http-head");
    expect(request).toMatch(/^GET \/socket\?watch HTTP\/1\.1\nHost: 127\.0\.0\.1:\d+\n/);
    expect(request).toMatch(/\nSec-WebSocket-Key: \S+/i);
    expect(response).toMatch(/^HTTP\/1\.1 101 Switching Protocols\n/);
    const key = /Sec-WebSocket-Key: (\S+)/i.exec(request!)![1]!;
    const digest = await crypto.subtle.digest(
      "SHA-1",
      new TextEncoder().encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`),
    );
    expect(response).toContain(`Sec-WebSocket-Accept: ${Buffer.from(digest).toString("base64")}`);
    expect(faults).toEqual([]);
    await page.close();
  });

  test("has every frame, and a mark with the number of those that are left out since they bring this list", {
    timeout: 120_000,
  }, async (context) => {
    if (people === null) return context.skip(NO_CHROMIUM);
    const { page, faults } = await people.arrive("Ada", roomUrl("wire"));
    await say(page, "hello, wire");
    await page.waitForFunction(() =>
      [...document.querySelectorAll(".preview")].some((row) =>
        row.textContent?.includes('"entry"'),
      ),
    );
    const rows = await page.$$eval("#frames > li", (items) =>
      items.map((item) =>
        item.classList.contains("frame")
          ? `${item.classList[1]} ${item.querySelector("code")!.textContent!.slice(0, 16)}`
          : item.textContent,
      ),
    );
    const shown = rows.filter((row) => /^(?:in|out) \{/.test(row!));
    for (const frame of [
      'in {"type":"join"',
      'out {"type":"joine',
      'in {"type":"say",',
      'out {"type":"entry',
    ]) {
      expect(shown.map((row) => row!.slice(0, frame.length))).toContain(frame);
    }
    expect(rows.filter((row) => /^\d+ frames? left out/.test(row!)).length).toBeGreaterThan(0);
    expect(faults).toEqual([]);
    await page.close();
  });

  test("with Pause stands still, whose button then says Resume; and Resume tells how many were left out", {
    timeout: 120_000,
  }, async (context) => {
    if (people === null) return context.skip(NO_CHROMIUM);
    const { page } = await people.arrive("Ada", roomUrl("paused"));
    await page.waitForFunction(() => document.querySelectorAll(".frame").length >= 3);
    expect(await textsOf(page, "#pause")).toEqual(["Pause"]);
    await page.click("#pause");
    expect(await textsOf(page, "#pause")).toEqual(["Resume"]);
    await page.click("#clear");
    for (const text of ["unseen 1", "unseen 2"]) await say(page, text);
    await messagesOn(page, 2);
    await page.click("#pause");
    expect(await textsOf(page, "#pause")).toEqual(["Pause"]);
    await page.waitForSelector(".left-out.paused");
    // At least what was said twice, its two echoes, and the frame that resumes.
    const [mark] = await textsOf(page, ".left-out.paused");
    expect(Number(/^(\d+) frames left out/.exec(mark!)![1])).toBeGreaterThanOrEqual(5);
    await say(page, "seen");
    await page.waitForFunction(() =>
      document.querySelector("#frames")?.textContent?.includes('"entry"'),
    );
    const previews = (await textsOf(page, ".preview")).join("\n");
    expect(previews).toContain('"seen"');
    expect(previews).not.toContain('"unseen');
    await page.close();
  });

  test("says at its beginning how many older frames it has let go", {
    timeout: 120_000,
  }, async (context) => {
    if (people === null) return context.skip(NO_CHROMIUM);
    const { page } = await people.arrive("Ada", roomUrl("many"));
    await page.waitForSelector(".frame");
    const frame = {
      ...{ kind: "frame", direction: "in", fin: true, rsv: 0, opcode: 1, isMasked: false },
      ...{ maskingKey: 0, payloadLength: 0, payload: "", offset: 0, isComplete: true },
    };
    const frames = JSON.stringify(Array.from({ length: 250 }, () => frame));
    await page.evaluate(`import("/frame-list.js").then(({ addItems }) => addItems(${frames}))`);
    const [first] = await textsOf(page, "#frames > li:first-child");
    expect(first).toMatch(/^\d+ older frames are no longer shown/);
    expect(await page.$$eval("#frames > li", ({ length }) => length)).toBe(200);
    await page.close();
  });
});

describe("the drawing of a frame", () => {
  test("says what the opcode means, and a length of 7 bits, with its mask", {
    timeout: 120_000,
  }, async (context) => {
    if (people === null) return context.skip(NO_CHROMIUM);
    const { page } = await people.arrive("Ada", roomUrl("small"));
    await say(page, "hello");
    await messagesOn(page, 1);
    const fields = await openFrame(page, '"say"');
    expect(fields.slice(0, 7).join("; ")).toBe(
      "FIN=1; RSV1=0; RSV2=0; RSV3=0; opcode=0x1=text; MASK=1; payload length=54=in 7 bits",
    );
    expect(fields[7]).toMatch(/^masking key, 32 bits=(?:[0-9a-f]{2} ?){4}$/);
    expect(fields[8]).toMatch(/^payload, after unmasking=\{"type":"say","text":"hello"/);
    const [legend] = await textsOf(page, ".frame details[open] .legend");
    expect(legend).toContain("0x1");
    expect(legend).toContain("UTF-8");
    expect(legend).toContain("up to 125");
    await page.close();
  });

  test("says that 126 announces a length of 16 bits, and does not speak of masks where there is none", {
    timeout: 120_000,
  }, async (context) => {
    if (people === null) return context.skip(NO_CHROMIUM);
    const { page } = await people.arrive("Ada", roomUrl("medium"));
    await say(page, "x".repeat(300));
    await messagesOn(page, 1);
    const fields = await openFrame(page, '"entry"');
    expect(fields[6]).toBe("payload length=126=16 bits follow");
    expect(fields[7]).toMatch(/^extended payload length, 16 bits=[0-9]+ bytes$/);
    expect(fields[8]).toMatch(/^payload, sent without a mask=\{"type":"entry"/);
    expect(fields.join("\n")).not.toContain("unmask");
    const [legend] = await textsOf(page, ".frame details[open] .legend");
    expect(legend).toContain("126");
    await page.close();
  });
});

describe("on a phone, coming back from another view", () => {
  const size = { width: 390, height: 600 };
  const distance = (page: Page, selector: string): Promise<number> =>
    page.$eval(selector, ({ scrollHeight, scrollTop, clientHeight }) =>
      Math.abs(scrollHeight - scrollTop - clientHeight),
    );
  const laidOut = async (page: Page): Promise<void> => {
    for (const _frame of [1, 2]) await page.evaluate(() => new Promise(requestAnimationFrame));
  };

  test("the conversation stands at its end for who was at its end", {
    timeout: 120_000,
  }, async (context) => {
    if (people === null) return context.skip(NO_CHROMIUM);
    const { page } = await people.arrive("Ada", roomUrl("back"), size);
    const bob = await people.arrive("Bob", roomUrl("back"));
    await say(bob.page, "a\n".repeat(30));
    await messagesOn(page, 1);
    await page.click('[data-show="wire"]');
    for (let count = 2; count <= 4; count += 1) {
      await say(bob.page, "b\n".repeat(20));
      await messagesOn(page, count);
    }
    await page.click('[data-show="chat"]');
    await laidOut(page);
    expect(await distance(page, "#scroll")).toBeLessThanOrEqual(1);
    expect(await page.isHidden("#to-end")).toBe(true);
    await Promise.all([page.close(), bob.page.close()]);
  });

  test("it stands where one was reading, and the pill offers what is new", {
    timeout: 120_000,
  }, async (context) => {
    if (people === null) return context.skip(NO_CHROMIUM);
    const { page } = await people.arrive("Ada", roomUrl("reading"), size);
    const bob = await people.arrive("Bob", roomUrl("reading"));
    for (let count = 1; count <= 3; count += 1) {
      await say(bob.page, "a\n".repeat(30));
      await messagesOn(page, count);
    }
    await page.$eval("#scroll", (scroll) => scroll.scrollTo(0, 120));
    await laidOut(page);
    await page.click('[data-show="wire"]');
    await say(bob.page, "the newest");
    await messagesOn(page, 4);
    await page.click('[data-show="chat"]');
    await laidOut(page);
    expect(await page.$eval("#scroll", ({ scrollTop }) => scrollTop)).toBe(120);
    expect(await page.isVisible("#to-end")).toBe(true);
    await page.click("#to-end");
    expect(await distance(page, "#scroll")).toBeLessThanOrEqual(1);
    await Promise.all([page.close(), bob.page.close()]);
  });

  test("the list of frames stands where one was reading, too", {
    timeout: 120_000,
  }, async (context) => {
    if (people === null) return context.skip(NO_CHROMIUM);
    const { page } = await people.arrive("Ada", roomUrl("frames back"), size);
    for (let count = 1; count <= 5; count += 1) await say(page, `message ${count}`);
    await messagesOn(page, 5);
    await page.click('[data-show="wire"]');
    await laidOut(page);
    expect(await distance(page, "#frames")).toBeLessThanOrEqual(1);
    await page.$eval("#frames", (frames) => frames.scrollTo(0, 60));
    await laidOut(page);
    await page.click('[data-show="chat"]');
    await say(page, "one more");
    await messagesOn(page, 6);
    await page.click('[data-show="wire"]');
    await laidOut(page);
    expect(await page.$eval("#frames", ({ scrollTop }) => scrollTop)).toBe(60);
    await page.close();
  });
});
