/** The page's files, read once. `node:fs` is there in Deno and Bun too. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { SiteFile } from "./site.ts";

const TYPES = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
  woff2: "font/woff2",
} as const;

const PAGE = [
  "index.html",
  "icon.svg",
  "chat.css",
  "directory.css",
  "conversation.css",
  "frames.css",
  "forced-colors.css",
  "main.js",
  "connection.js",
  "conversation.js",
  "transcript.js",
  "end-follower.js",
  "identity.js",
  "presence.js",
  "typing.js",
  "directory.js",
  "frame-list.js",
  "frame-drawing.js",
  "handshake-drawing.js",
];

const FONTS = [
  "@fontsource-variable/source-serif-4/files/source-serif-4-latin-opsz-normal.woff2",
  "@fontsource-variable/source-serif-4/files/source-serif-4-latin-ext-opsz-normal.woff2",
  "@fontsource-variable/source-code-pro/files/source-code-pro-latin-wght-normal.woff2",
];

export function readPageFiles(): Map<string, SiteFile> {
  const files = new Map<string, SiteFile>();
  for (const name of PAGE) {
    const path = name === "index.html" ? "/" : `/${name}`;
    files.set(path, readFile(name, new URL(`../page/${name}`, import.meta.url)));
  }
  const require = createRequire(import.meta.url);
  for (const name of FONTS) {
    files.set(`/fonts/${lastPart(name, "/")}`, readFile(name, require.resolve(name)));
  }
  return files;
}

function readFile(name: string, location: URL | string): SiteFile {
  return { type: TYPES[lastPart(name, ".") as keyof typeof TYPES], bytes: readFileSync(location) };
}

function lastPart(name: string, separator: string): string {
  return name.slice(name.lastIndexOf(separator) + 1);
}
