/** The pictures of docs/images: UPDATE_SCREENSHOTS=1 takes them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepare, serve } from "@sansocket/node";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { type Serve, startChat } from "../src/app.ts";
import { readPageFiles } from "../src/page-files.ts";
import { messagesOn, NO_CHROMIUM, openBrowser, type People, say } from "./browser.ts";
import { withoutFilters } from "./plain-png.ts";

const IMAGES =
  process.env["SCREENSHOTS"] ?? fileURLToPath(new URL("../../../docs/images/", import.meta.url));

const TALK: readonly (readonly [name: string, text: string])[] = [
  ["Mira", "Morning! Did anybody look at the trace I sent last night?"],
  ["Jonas", "Yes. The close handshake is fine, it is the ping that comes late."],
  ["Jonas", "Thirty seconds of silence, then one ping, and the pong is there 40\u00a0ms later."],
  ["Mira", "So the connection was never dead. The proxy in front of it just went to sleep."],
  [
    "Ines",
    "Proxies do that. Ours hangs up after a minute. We ping every twenty seconds now, and nobody has noticed a thing since.",
  ],
  ["Jonas", "You can watch it here, by the way: say nothing for a while, and look at the wire."],
  ["Mira", "Ping out, pong in. Twenty seconds it is."],
];

const SUFFIXES = { chat: "", wire: "-wire", directory: "-rooms" } as const;

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Pings after seconds, so that pictures with one need no patience. */
const soon: Serve = (options) => serve({ ...options, timeouts: { ping: 1_500, pong: 10_000 } });

const PICTURES = [
  { name: "chat-light", width: 1280, height: 860, colorScheme: "light", views: ["chat"] },
  { name: "chat-dark", width: 1280, height: 860, colorScheme: "dark", views: ["chat"] },
  {
    name: "chat-phone-light",
    width: 390,
    height: 844,
    colorScheme: "light",
    views: ["chat", "directory"],
  },
  {
    name: "chat-phone-dark",
    width: 390,
    height: 844,
    colorScheme: "dark",
    views: ["chat", "wire"],
  },
] as const;

test("pictures are taken when UPDATE_SCREENSHOTS asks for them", {
  timeout: 120_000,
}, async (context) => {
  if (process.env["UPDATE_SCREENSHOTS"] !== "1") {
    return context.skip("the pictures of docs/images are taken with UPDATE_SCREENSHOTS=1 only");
  }
  const people = await openBrowser({ scale: 2 });
  if (people === null) return context.skip(NO_CHROMIUM);
  try {
    for (const picture of PICTURES) await take(people, picture);
  } finally {
    await people.close();
  }
});

async function take(people: People, picture: (typeof PICTURES)[number]): Promise<void> {
  const { name, views, ...looks } = picture;
  const files = readPageFiles();
  const chat = await startChat({ serve: soon, prepare, files, port: 0, hostname: "127.0.0.1" });
  const pages = new Map<string, Page>();
  const arrive = async (who: string, room: string): Promise<void> => {
    const size = who === "Mira" ? looks : { width: 500, height: 500 };
    const visitor = await people.arrive(who, `${chat.url}#/${encodeURIComponent(room)}`, size);
    pages.set(who, visitor.page);
  };
  try {
    await arrive("Ines", "lobby");
    await arrive("Jonas", "lobby");
    await arrive("Tomasz", "tea room");
    await arrive("Mira", "lobby");
    const mira = pages.get("Mira")!;
    for (const [count, [who, text]] of TALK.entries()) {
      if (count === TALK.length - 1) {
        await mira.waitForFunction(() => document.querySelector(".frame.in.control") !== null);
      }
      await say(pages.get(who)!, text);
      await messagesOn(mira, count + 1);
    }
    await pages.get("Ines")!.type("#message", "h");
    await mira.waitForFunction(() => document.querySelector("#typing")?.textContent !== "");
    await mira.evaluate(() => document.fonts.ready);
    for (const view of views) {
      if (looks.width < 1000) await mira.click(`[data-show="${view}"]`);
      if (looks.width > 1000 || view === "wire") {
        // What Mira said last, laid open; its confirmation and Ines's typing stand below it.
        await mira.locator(".frame.in", { hasText: '"say"' }).last().locator("summary").click();
        await endAtRows(mira, looks);
      }
      await mira.mouse.move(0, 0);
      const path = join(IMAGES, `${name}${SUFFIXES[view]}.png`);
      const picture = withoutFilters(await mira.screenshot({ animations: "disabled" }));
      expect(picture.length, `bytes of ${path}`).toBeLessThan(450_000);
      writeFileSync(path, picture);
    }
  } finally {
    await Promise.all([...pages.values()].map((page) => page.close()));
    await chat.shutdown();
  }
}

/** No row is cut: the list stands at its end, and the window is as high as the rows that are seen whole. */
async function endAtRows(page: Page, { width, height }: Size): Promise<void> {
  const missing = await page.$eval("#frames", (frames) => {
    frames.scrollTop = frames.scrollHeight;
    const { top } = frames.getBoundingClientRect();
    const distances = [...frames.children].map((row) => top - row.getBoundingClientRect().top);
    return distances.reduce((one, other) => (Math.abs(one) < Math.abs(other) ? one : other));
  });
  // The list stays at its end when its size changes.
  await page.setViewportSize({ width, height: height + Math.floor(missing) });
  await page.waitForFunction(() => {
    const frames = document.querySelector("#frames")!;
    const { top } = frames.getBoundingClientRect();
    const rows = [...frames.children].map((row) => row.getBoundingClientRect());
    return rows.some((row) => row.top > top - 1 && row.top <= top);
  });
}
