/** Headless Chromium on the chat of each runtime. */
import { RUNTIMES } from "@sansocket/workshop/runtimes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isConnected, messagesOn, NO_CHROMIUM, openBrowser, type People, say } from "./browser.ts";
import { started } from "./program.ts";

let people: People | null;

beforeAll(async () => {
  people = await openBrowser();
});

afterAll(() => people?.close());

describe.each(RUNTIMES)("on %s", (runtime) => {
  test("two tabs talk, and both come back when the server has restarted", {
    timeout: 120_000,
  }, async (context) => {
    if (people === null) return context.skip(NO_CHROMIUM);
    const first = await started(runtime);
    const room = `${first.url}#/${runtime}`;
    const ada = await people.arrive("Ada", room);
    const bob = await people.arrive("Bob", room);
    await say(ada.page, "before");
    expect(await messagesOn(bob.page, 1)).toEqual(["before"]);
    expect(await first.end()).toBe(0);
    await ada.page.waitForFunction(
      () => document.querySelector("#state")?.textContent !== "connected",
    );
    const second = await started(runtime, Number(new URL(first.url).port));
    await Promise.all([isConnected(ada.page), isConnected(bob.page)]);
    await say(bob.page, "after");
    expect(await messagesOn(ada.page, 2)).toEqual(["before", "after"]);
    expect([...ada.faults, ...bob.faults]).toEqual([]);
    await Promise.all([ada.page.close(), bob.page.close()]);
    expect(await second.end()).toBe(0);
  });
});
