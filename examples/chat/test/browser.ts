/** Headless Chromium, for the tests that look at the page. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHROMIUM, hasChromium } from "@sansocket/workshop/chromium";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

export { NO_CHROMIUM } from "@sansocket/workshop/chromium";

/** Several people, each with a browser of their own as far as storage goes, in one Chromium. */
export interface People {
  arrive(name: string, url: string, options?: Arrival): Promise<Visitor>;
  close(): Promise<void>;
}

export interface Arrival {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: "light" | "dark";
}

export interface Visitor {
  readonly page: Page;
  /** What went wrong in the page, except that a server was not there. */
  readonly faults: string[];
}

export interface Setting {
  readonly locale?: string;
  /** Device pixels for one of CSS. */
  readonly scale?: number;
  /** px: of the letters, as the reader has set it in the browser. */
  readonly fontSize?: number;
}

/** Null where there is no Chromium. */
export async function openBrowser(setting: Setting = {}): Promise<People | null> {
  if (!hasChromium) return null;
  const { locale = "en-GB", scale = 1, fontSize = 16 } = setting;
  const profile = mkdtempSync(join(tmpdir(), "sansocket-chat-"));
  mkdirSync(join(profile, "Default"));
  const preferences = { webkit: { webprefs: { default_font_size: fontSize } } };
  writeFileSync(join(profile, "Default", "Preferences"), JSON.stringify(preferences));
  const context: BrowserContext = await chromium.launchPersistentContext(profile, {
    ...CHROMIUM,
    deviceScaleFactor: scale,
    locale,
  });
  context.setDefaultTimeout(100_000); // a busy machine: the fact is awaited, not the time
  return {
    async arrive(name, url, { width = 1280, height = 860, colorScheme = "light" } = {}) {
      const page = await context.newPage();
      const faults: string[] = [];
      page.on("pageerror", (error) => faults.push(String(error)));
      page.on("console", (message) => {
        const isAbsence = message.text().includes("WebSocket connection to");
        if (message.type() === "error" && !isAbsence) faults.push(message.text());
      });
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      // The tabs share one storage: each is told its name before its scripts run.
      await page.addInitScript((own) => localStorage.setItem("name", own), name);
      await page.goto(url);
      await isConnected(page);
      expect(faults).toEqual([]);
      return { page, faults };
    },
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

export async function isConnected(page: Page): Promise<void> {
  await page.waitForFunction(
    () =>
      document.querySelector("#state")?.textContent === "connected" &&
      document.querySelector("#people")?.childElementCount !== 0,
  );
}

export async function say(page: Page, text: string): Promise<void> {
  await page.fill("#message", text);
  await page.press("#message", "Enter");
}

/** The texts of the messages, once there are that many; pending ones not counted. */
export async function messagesOn(page: Page, count: number): Promise<string[]> {
  await page.waitForFunction(
    (least) => document.querySelectorAll("#transcript .text").length >= least,
    count,
  );
  return textsOf(page, "#transcript .text");
}

export function textsOf(page: Page, selector: string): Promise<string[]> {
  return page.$$eval(selector, (found) => found.map(({ textContent }) => textContent ?? ""));
}

/** px that something is wider than the place it has. */
export async function overflowOf(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const inner = [...document.querySelectorAll(".view, #scroll, #frames")].map(
      (element) => element.scrollWidth - element.clientWidth,
    );
    return Math.max(scrollWidth - clientWidth, ...inner);
  });
}

/** Of the page as it stands, after axe was brought in. */
export function violationsOn(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    await Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => {})));
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${help}\n${html}\n${failureSummary}`),
    );
  });
}
