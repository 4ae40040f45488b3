/** docs/api.md leaves nothing out, and names no default that is another one. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from "@sansocket/core";
import * as adapter from "@sansocket/node";
import { describe, expect, test } from "vitest";

const read = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), "utf8");

const page = read("docs/api.md");

/** The part of the page under that heading. */
function chapter(title: string): string {
  const from = page.indexOf(`\n## ${title}\n`);
  const to = page.indexOf("\n## ", from + 1);
  return page.slice(from, to === -1 ? undefined : to);
}

/** The members that the source declares between `begin` and the next closing brace of a whole declaration. */
function declared(path: string, begin: string): string[] {
  const source = read(path);
  const from = source.indexOf(begin);
  const body = source.slice(from, source.indexOf("\n}\n", from));
  expect(from, begin).toBeGreaterThan(-1);
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)].map(([, name]) => name!);
}

/** What of a class is there for applications: not private, not marked as internal. */
function members(path: string, name: string): string[] {
  const source = read(path);
  const from = source.search(new RegExp(`(class|interface) ${name}\\b`));
  const body = source
    .slice(from, source.indexOf("\n}\n", from))
    .replace(/\/\*\*\s(?:\s*\* )?@internal[\s\S]*?\*\/\n.*\n/g, "");
  const found = body.matchAll(/^ {2}(?:readonly |get |async )?(\w+)[:(]/gm);
  return Array.from(found, ([, member]) => member!).filter((member) => member !== "constructor");
}

describe("docs/api.md", () => {
  test.each([
    ...Object.entries(DEFAULT_LIMITS).map(([name, value]) => ["Limits", name, value] as const),
    ...Object.entries(DEFAULT_TIMEOUTS).map(([name, value]) => ["Timeouts", name, value] as const),
  ])("%s: has %s with its default %d", (title, name, value) => {
    const row = chapter(title)
      .split("\n")
      .find((line) => line.startsWith(`| \`${name}\` |`));
    const cell = row?.split("|")[2]?.trim();
    expect(cell).toBeOneOf([value.toLocaleString("en-US"), `${value / 2 ** 20} MiB`, "0: no end"]);
  });

  test.each(["ConnectErrorCode", "ConnectionErrorCode", "ServerErrorCode"])(
    "says when each %s comes",
    (type) => {
      const source = read("packages/driver/src/errors.ts");
      const from = source.indexOf(`export type ${type} =`);
      const codes = source
        .slice(from, source.indexOf(";\n", from))
        .matchAll(/^ {2}\| "([\w-]+)"/gm);
      const part = chapter("Errors").split(`**\`${type.replace("Code", "")}\`**`)[1]!;
      const rows = part.split("\n**")[0]!.match(/^\| `"[\w-]+"`/gm);
      expect(rows?.sort()).toEqual(Array.from(codes, ([, code]) => `| \`"${code}"\``).sort());
    },
  );

  test.each([
    ["serve", "server/server-options.ts", "export interface ServerBase {"],
    [
      "serve",
      "server/tls-options.ts",
      "export interface TlsServerOptions extends TlsCertificate {",
    ],
    ["serve", "server/tls-options.ts", "export interface TlsCertificate {"],
    ["Hooks", "socket/hooks.ts", "export interface SocketHooks<"],
    ["connect", "client/connect-options.ts", "export interface ConnectOptions<"],
    ["connect", "client/connect-options.ts", "export interface ProxyOptions {"],
    ["connect", "runtime/dialing.ts", "export interface TlsClientOptions {"],
    ["Server", "server/shutdown.ts", "export interface ShutdownOptions {"],
    ["UpgradeRequest", "server/upgrade-request.ts", "export interface AcceptBase {"],
    ["UpgradeRequest", "server/answer.ts", "export interface RejectOptions {"],
    ["PlainRequest", "server/answer.ts", "export interface PlainResponse {"],
    ["CloseInfo", "socket/close-info.ts", "export interface CloseInfo {"],
    ["Socket", "runtime/transport.ts", "export interface TlsFacts {"],
    ["Other transports", "web/from-streams.ts", "export interface ByteStreams {"],
  ])("%s: has every member of %s, %s", (title, file, begin) => {
    for (const name of declared(`packages/driver/src/${file}`, begin)) {
      expect(chapter(title)).toMatch(new RegExp(`\\b${name}\\b`));
    }
  });

  test.each([
    ["Socket", "packages/driver/src/socket/socket.ts", "Socket"],
    ["Server", "packages/driver/src/server/server.ts", "Server"],
    ["Server", "packages/node/src/node-server.ts", "NodeServer"],
    ["UpgradeRequest", "packages/driver/src/request-facts.ts", "RequestFacts"],
    ["UpgradeRequest", "packages/driver/src/request-facts.ts", "UpgradeFacts"],
    ["UpgradeRequest", "packages/driver/src/server/upgrade-request.ts", "UpgradeRequest"],
  ])("%s: has every member of %s, %s", (title, path, name) => {
    const names = members(path, name);
    expect(names.length).toBeGreaterThan(0);
    for (const member of names) expect(chapter(title)).toMatch(new RegExp(`\\b${member}\\b`));
  });

  test("names everything that an adapter exports", () => {
    for (const name of Object.keys(adapter)) {
      if (["NodeServer", "CloseEvent", "WebSocketError"].includes(name)) continue; // parts of what is named
      expect(page).toContain(`\`${name}`);
    }
  });

  test("leads somewhere with each of its links", () => {
    const slugs = (text: string): string[] =>
      Array.from(text.matchAll(/^#+ (.*)$/gm), ([, title]) =>
        title!
          .toLowerCase()
          .replace(/[^\w -]/g, "")
          .replaceAll(" ", "-"),
      );
    for (const name of ["api.md", "recipes.md"]) {
      const text = read(`docs/${name}`).replace(/```[\s\S]*?```/g, "");
      for (const [, path, slug] of text.matchAll(/\]\(([^)#]*)#([^)]+)\)/g)) {
        expect(slugs(read(`docs/${path || name}`)), `${name} ${path}#${slug}`).toContain(slug);
      }
    }
  });
});
