/** The pictures of docs/images: UPDATE_SCREENSHOTS=1 takes them. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepare, serve } from "@sansocket/node";
import type { Page } from "playwright-core";
import { test } from "vitest";
import { startChat } from "../src/app.ts";
import { readPageFiles } from "../src/page-files.ts";
import { messagesOn, NO_CHROMIUM, openBrowser, say, type Visitor } from "./browser.ts";

const IMAGES =
  process.env["SCREENSHOTS"] ?? fileURLToPath(new URL("../../../docs/images/", import.meta.url));

const TALK: readonly (readonly [name: string, text: string])[] = [
  ["Mira", "Morning! Did anybody look at the trace I sent last night?"],
  ["Jonas", "Yes. The close handshake is fine, it is the ping that comes late."],
  ["Jonas", "Thirty seconds of silence, then one ping, and the answer is there 40 ms later."],
  ["Mira", "So the connection was never dead. The proxy in front of it just went to sleep."],
  ["Ines", "Proxies do that. Ours hangs up after a minute; we ping every twenty seconds now and nobody noticed a thing 🙂"],
  ["Mira", "Twenty it is. I’ll change it after lunch."],
];
const LAST = ["Jonas", "You can watch it happen, by the way: leave this tab alone for a while and look to the right."] as const;

test("pictures are taken when UPDATE_SCREENSHOTS asks for them", {
  timeout: 120_000,
}, async (context) => {
  if (process.env["UPDATE_SCREENSHOTS"] !== "1") {
    return context.skip("the pictures of docs/images are taken with UPDATE_SCREENSHOTS=1 only");
  }
  const people = await openBrowser();
  if (people === null) return context.skip(NO_CHROMIUM);
  const chat = await startChat({ serve, prepare, files: readPageFiles(), port: 0, hostname: "127.0.0.1" });
  try {
    const guests = new Map<string, Visitor>();
    for (const name of ["Ines", "Jonas", "Mira"]) {
      guests.set(name, await people.arrive(name, chat.url, { width: 500, height: 500 }));
    }
    await people.arrive("Tomasz", `${chat.url}#/tea%20room`);
    let count = 0;
    for (const [name, text] of TALK) {
      await say(guests.get(name)!.page, text);
      count += 1;
      await messagesOn(guests.get(name)!.page, count);
    }
    for (const [picture, width, height, colorScheme] of [
      ["chat-light", 1280, 860, "light"],
      ["chat-dark", 1280, 860, "dark"],
      ["chat-phone-light", 390, 844, "light"],
      ["chat-phone-dark", 390, 844, "dark"],
    ] as const) {
      const { page } = await people.arrive("Mira", chat.url, { width, height, colorScheme });
      await messagesOn(page, count);
      await say(guests.get(LAST[0])!.page, LAST[1]);
      count += 1;
      await messagesOn(page, count);
      await say(page, "It does: ping out, pong in.");
      count += 1;
      await messagesOn(page, count);
      const save = (name: string): Promise<unknown> => shot(page, name);
      await guests.get("Ines")!.page.type("#message", "h");
      await page.waitForFunction(() => document.querySelector("#typing")?.textContent !== "");
      if (width < 1000) {
        await save(picture);
        await page.click('[data-show="wire"]');
        await page.click(".frame:nth-last-child(2) summary");
        await save(`${picture}-wire`);
        await page.click('[data-show="directory"]');
        await save(`${picture}-rooms`);
      } else {
        await page.click(".frame.in:nth-last-child(3) summary").catch(() => {});
        await save(picture);
      }
      await page.close();
      await guests.get("Ines")!.page.fill("#message", "");
      await guests.get("Ines")!.page.waitForTimeout(3_000);
    }
  } finally {
    await people.close();
    await chat.shutdown();
  }
});

async function shot(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  await page.mouse.move(0, 0);
  await page.screenshot({ path: join(IMAGES, `${name}.png`), animations: "disabled" });
}
