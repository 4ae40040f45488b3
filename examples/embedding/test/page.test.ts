/** Headless Chromium on the page: what is typed comes back, and each frame is drawn field by field. */
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CHROMIUM, hasChromium, NO_CHROMIUM } from "@sansocket/workshop/chromium";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, start } from "../src/server.ts";
import { createSite } from "../src/site.ts";

const IMAGES = fileURLToPath(new URL("../../../docs/images/", import.meta.url));

let running: RunningServer;
let browser: BrowserContext | null = null;
let profile = "";

beforeAll(async () => {
  running = await start(0, createSite());
  if (!hasChromium) return;
  profile = mkdtempSync(join(tmpdir(), "sansocket-page-"));
  browser = await chromium.launchPersistentContext(profile, CHROMIUM);
  browser.setDefaultTimeout(100_000); // a busy machine: the fact is awaited, not the time
});

afterAll(async () => {
  await browser?.close();
  running.stop();
  if (profile !== "") rmSync(profile, { recursive: true, force: true });
});

async function openPage(
  width: number,
  height: number,
  colorScheme: "light" | "dark",
): Promise<Page> {
  const page = await browser!.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme });
  await page.goto(`http://localhost:${(running.server.address() as AddressInfo).port}/`);
  await page.waitForFunction(() => document.querySelector("#state")?.textContent === "open");
  expect(faults).toEqual([]);
  return page;
}

/** The texts of the fields of the newest frames, newest first. */
async function framesOn(page: Page, count: number): Promise<string[]> {
  await page.waitForFunction((least) => document.querySelectorAll(".frame").length >= least, count);
  return page.$$eval(".frame", (frames) =>
    frames.map((frame) =>
      [...frame.querySelectorAll(".field")]
        .map((field) => [...field.children].map((part) => part.textContent).join("="))
        .join("; "),
    ),
  );
}

test("a message and its echo are drawn field by field, and nothing in them is taken for HTML", {
  timeout: 120_000,
}, async (context) => {
  if (browser === null) return context.skip(NO_CHROMIUM);
  const page = await openPage(1280, 900, "light");
  await page.fill("#message", "<b>Hi</b>");
  await page.click("#send");
  const [out, into] = await framesOn(page, 2);
  expect(out).toBe(
    "FIN=1; RSV1=0; RSV2=0; RSV3=0; opcode=0x1; MASK=0; payload length=9; payload, unmasked=<b>Hi</b>",
  );
  expect(into).toMatch(
    /^FIN=1; RSV1=0; RSV2=0; RSV3=0; opcode=0x1; MASK=1; payload length=9; masking key, 32 bits=0x[0-9a-f]{8}; payload, unmasked=<b>Hi<\/b>$/,
  );
  await page.close();
});

test("a long binary message shows its extended length, and a Close its code", {
  timeout: 120_000,
}, async (context) => {
  if (browser === null) return context.skip(NO_CHROMIUM);
  const page = await openPage(1280, 900, "dark");
  await page.fill("#message", "x".repeat(300));
  await page.check('input[value="binary"]');
  await page.click("#send");
  const [echo] = await framesOn(page, 2);
  expect(echo).toContain("opcode=0x2");
  expect(echo).toContain("payload length=126; extended payload length, 16 bits=300");
  await page.click("#toggle");
  const [close] = await framesOn(page, 4);
  expect(close).toContain("opcode=0x8");
  expect(close).toContain("code 1000");
  await page.waitForFunction(
    () => document.querySelector("#state")?.textContent === "closed with 1000",
  );
  await page.click("#toggle");
  await page.waitForFunction(() => document.querySelector("#state")?.textContent === "open");
  await page.close();
});

test("the page fits a phone's width", async (context) => {
  if (browser === null) return context.skip(NO_CHROMIUM);
  const page = await openPage(390, 844, "light");
  await page.click("#send");
  await framesOn(page, 2);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow).toBeLessThanOrEqual(0);
  await page.close();
});

test("two pages each see their own frames", async (context) => {
  if (browser === null) return context.skip(NO_CHROMIUM);
  const [one, other] = [await openPage(800, 600, "light"), await openPage(800, 600, "light")];
  await one.fill("#message", "one");
  await one.click("#send");
  const frames = await framesOn(one, 2);
  expect(frames.every((frame) => frame.endsWith("=one"))).toBe(true);
  expect(await other.$$(".frame")).toHaveLength(0);
  await Promise.all([one.close(), other.close()]);
});

test("pictures are taken when UPDATE_SCREENSHOTS asks for them", {
  timeout: 120_000,
}, async (context) => {
  if (browser === null) return context.skip(NO_CHROMIUM);
  if (process.env["UPDATE_SCREENSHOTS"] !== "1") {
    return context.skip("the pictures of docs/images are taken with UPDATE_SCREENSHOTS=1 only");
  }
  for (const [name, width, height, scheme] of [
    ["page-light", 1280, 900, "light"],
    ["page-dark", 1280, 900, "dark"],
    ["page-phone", 390, 844, "light"],
  ] as const) {
    const page = await openPage(width, height, scheme);
    await page.click("#send");
    await framesOn(page, 2);
    await page.screenshot({ path: join(IMAGES, `${name}.png`) });
    await page.close();
  }
});
