/** Headless Chromium on the page: people talk, lose the connection and come back, and see the frames of it all. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepare, serve } from "@sansocket/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningChat, startChat } from "../src/app.ts";
import { readPageFiles } from "../src/page-files.ts";
import {
  isConnected,
  messagesOn,
  NO_CHROMIUM,
  openBrowser,
  overflowOf,
  type People,
  say,
} from "./browser.ts";

const IMAGES = fileURLToPath(new URL("../../../docs/images/", import.meta.url));

let people: People | null;
let running: RunningChat;

const start = (port: number): Promise<RunningChat> =>
  startChat({ serve, prepare, files: readPageFiles(), port, hostname: "127.0.0.1" });

beforeAll(async () => {
  [people, running] = await Promise.all([openBrowser(), start(0)]);
}, 60_000);

afterAll(async () => {
  await people?.close();
  await running.shutdown();
});

/** A room of its own for each test. */
const roomUrl = (room: string): string => `${running.url}#/${encodeURIComponent(room)}`;

test("two people in a room read each other, and what they write is never taken for HTML", {
  timeout: 60_000,
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
  expect(await ada.page.$$eval("#people .name", (names) => names.map((n) => n.textContent))).toEqual(
    ["Ada", "Bob <i>"],
  );
  expect([...ada.faults, ...bob.faults]).toEqual([]);
  await Promise.all([ada.page.close(), bob.page.close()]);
});
