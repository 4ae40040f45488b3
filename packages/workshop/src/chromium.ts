/** How the tests that need a browser start one: for playwright's `launch` and `launchPersistentContext`. */
import { existsSync } from "node:fs";

export interface ChromiumLaunch {
  readonly executablePath: string;
  readonly args: string[];
}

export const CHROMIUM: ChromiumLaunch = {
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};

export const hasChromium: boolean = existsSync(CHROMIUM.executablePath);

/** Why those tests are skipped where it is not. */
export const NO_CHROMIUM: string = `no Chromium at ${CHROMIUM.executablePath}: install Debian's package chromium, or set CHROMIUM`;
