// A client by the WebSocket class of a page in Chromium, which is started with what the first argument says. The page is of
// the origin that it is told, or of the server's own. It takes steps as client.mjs does.
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";
import { obeyLines, say } from "./lines.mjs";

const browser = await chromium.launch(JSON.parse(process.argv[2]));

/** Nobody is asked for it: it has the scripts of this folder, and nothing else. */
async function pageOf(origin) {
  const page = await browser.newPage();
  await page.route("**", (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === "/") return route.fulfill({ contentType: "text/html", body: "" });
    const body = readFileSync(new URL(`.${pathname}`, import.meta.url), "utf8");
    return route.fulfill({ contentType: "text/javascript", body });
  });
  await page.goto(origin);
  return page;
}

const sameOrigin = (url) => new URL("/", url.replace(/^ws/, "http")).href;

await obeyLines(
  async ({ url, protocols, steps, origin = sameOrigin(url) }) => {
    const page = await pageOf(origin);
    const told = await page.evaluate(
      async (asked) => {
        const { converse } = await import("/standard-steps.mjs");
        return await converse(new WebSocket(asked.url, asked.protocols), asked.steps);
      },
      { url, protocols, steps },
    );
    await page.close();
    say(told);
  },
  () => browser.close(),
);
