/** A page in headless Chromium, with a server and a client of the driver's in it. */

import { CHROMIUM, hasChromium, NO_CHROMIUM } from "@sansocket/workshop/chromium";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, type TestContext, test } from "vitest";
import type { converseByClass, converseInMemory } from "../programs/conversation.ts";
import { bundle } from "./bundle.ts";
import { CONVERSED, CONVERSED_BY_CLASS } from "./expected.ts";

/** What programs/page.ts makes global. */
type Globals = {
  readonly converseInMemory: typeof converseInMemory;
  readonly converseByClass: typeof converseByClass;
};

let browser: Browser | null = null;
let code = "";

beforeAll(async () => {
  if (!hasChromium) return;
  ({ code } = await bundle('import "./page.ts";'));
  browser = await chromium.launch(CHROMIUM);
});

afterAll(async () => {
  await browser?.close();
});

/** A page with nothing but the programs; no server is asked for it. */
async function pageOf(
  context: TestContext,
  origin: string,
): Promise<{ page: Page; faults: string[] }> {
  if (browser === null) context.skip(NO_CHROMIUM);
  const page = await browser!.newPage();
  await page.route("**", (route) => route.fulfill({ contentType: "text/html", body: "" }));
  await page.goto(origin);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => faults.push(message.text()));
  await page.addScriptTag({ type: "module", content: code });
  await page.waitForFunction(() => "converseInMemory" in globalThis);
  return { page, faults };
}

test("a server and a client talk through TransformStreams in a page", async (context) => {
  const { page, faults } = await pageOf(context, "http://streams.example/");
  const told = await page.evaluate(() => (globalThis as unknown as Globals).converseInMemory());
  expect(told).toEqual(CONVERSED);
  expect(faults).toEqual([]);
  await page.close();
});

for (const { origin, told, printed, because } of [
  {
    origin: "http://streams.example/",
    told: CONVERSED_BY_CLASS,
    printed: [],
    because: "opens, echoes and is closed by the server, in a page of the server's origin",
  },
  {
    origin: "http://another.example/",
    told: ["close 1006  false"],
    // The first refusal of an Origin is printed: it is the first thing that a developer meets.
    printed: [expect.stringContaining("allowedOrigins")],
    because: "sends the page's Origin, and the server refuses another one than its own",
  },
]) {
  test(`the WebSocket class ${because}`, async (context) => {
    const { page, faults } = await pageOf(context, origin);
    const heard = await page.evaluate(() => (globalThis as unknown as Globals).converseByClass());
    expect(heard).toEqual(told);
    expect(faults).toEqual(printed);
    await page.close();
  });
}
