/** README and docs are true of the code, and their links lead somewhere. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from "@sansocket/core";
import { describe, expect, test } from "vitest";
import { converse } from "../src/in-memory.ts";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
const PAGES = [
  ...["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"],
  ...pagesIn("docs").map((file) => `docs/${file}`),
  ...pagesIn("docs/decisions").map((file) => `docs/decisions/${file}`),
  ...readdirSync(join(ROOT, "packages"))
    .map((name) => `packages/${name}/README.md`)
    .filter((page) => existsSync(join(ROOT, page))),
];

function pagesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).filter((file) => file.endsWith(".md"));
}

/** The files of `docs/decisions`, in their order, without the list. */
function decisions(): string[] {
  return pagesIn("docs/decisions")
    .filter((file) => file !== "README.md")
    .sort();
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

test("the conversation in memory goes as docs/embedding.md says", () => {
  expect(converse()).toEqual(["hello, engine", "closed with 1000"]);
});

test("the binding that the example explains is at most 120 lines", () => {
  expect(
    read("examples/embedding/src/binding.ts").trimEnd().split("\n").length,
  ).toBeLessThanOrEqual(120);
});

test("docs/extensions.md shows the extension as it runs here", () => {
  expect(read("docs/extensions.md")).toContain(
    read("examples/embedding/src/checksum-extension.ts"),
  );
});

/** The members that a source declares in an interface. */
function declaredIn(path: string, name: string): string[] {
  const source = read(path);
  const from = source.search(new RegExp(`^export interface ${name}\\b`, "m"));
  expect(from, name).toBeGreaterThan(-1);
  const body = source.slice(from, source.indexOf("\n}\n", from));
  return Array.from(body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm), ([, member]) => member!);
}

test.each([
  ["option of both roles", "connection/settings.ts", ["ConnectionOptions"]],
  ["member of `host`", "connection/settings.ts", ["Host"]],
  ["option of a client", "endpoint/client-opening.ts", ["ClientRequestOptions"]],
] as const)("docs/embedding.md has each %s, and no other", (title, file, names) => {
  const declared = names.flatMap((name) => declaredIn(`packages/core/src/${file}`, name));
  expect(tableOf(title)).toEqual(declared);
});

test("docs/embedding.md has each option of a server, and no other", () => {
  const declared = [
    ...declaredIn("packages/core/src/handshake/origin.ts", "OriginPolicy"),
    ...declaredIn("packages/core/src/endpoint/endpoint-options.ts", "ServerEndpointOptions"),
  ];
  expect(tableOf("option of a server").sort()).toEqual(declared.sort());
});

/** The names in the first column of the table whose head begins so. */
function tableOf(title: string): string[] {
  const page = read("docs/embedding.md");
  const from = page.indexOf(`| ${title} |`);
  const table = page.slice(from, page.indexOf("\n\n", from));
  return Array.from(table.matchAll(/^\| `(\w+)/gm), ([, name]) => name!);
}

describe("README", () => {
  test("names every limit and timeout with its default", () => {
    const text = read("README.md");
    const defaults = [...Object.entries(DEFAULT_LIMITS), ...Object.entries(DEFAULT_TIMEOUTS)];
    for (const [name, value] of defaults) {
      // A limit and a timeout may have the same name.
      const rows = text.split("\n").filter((line) => line.startsWith(`| \`${name}\``));
      const spelt = [value.toLocaleString("en-US"), `${value / 2 ** 20} MiB`];
      expect(
        rows.some((row) => spelt.some((one) => row.includes(`| ${one}`))),
        `${name} ${value}: ${rows}`,
      ).toBe(true);
    }
  });

  test("shows the driving loop with members that exist", async () => {
    const { openEndpoint } = await import("@sansocket/core");
    const endpoint = openEndpoint("server", {}, { host: { random() {} } }, 0);
    const members = read("README.md").matchAll(/\bendpoint\.(\w+)/g);
    for (const [, name] of members) expect(name! in endpoint, name!).toBe(true);
  });
});

describe("docs/decisions", () => {
  test("the list has each file once, in the order of the dates", () => {
    const list = read("docs/decisions/README.md");
    const listed = Array.from(
      list.matchAll(/^\* (\d{4}-\d\d-\d\d): \[.*\]\((.*)\)$/gm),
      ([, date, file]) => [date!, file!] as const,
    );
    expect(listed.map(([, file]) => file).sort()).toEqual(decisions());
    expect(listed.map(([date]) => date)).toEqual(decisions().map((file) => file.slice(0, 10)));
    for (const [date, file] of listed) expect(file.startsWith(`${date}-`), file).toBe(true);
  });

  test.each(decisions())("%s has a date, a question, a decision and reasons", (file) => {
    const page = read(`docs/decisions/${file}`);
    expect(page).toMatch(
      new RegExp(
        `^# .+\n\n${file.slice(0, 10)}\n\n## Question\n[^]+\n## Decision\n[^]+\n## Reasons\n`,
      ),
    );
  });
});

for (const page of PAGES) {
  test(`every link to a file in ${page} leads somewhere`, () => {
    for (const [, target] of read(page).matchAll(/\]\(([^)#]+)\)/g)) {
      if (target!.includes("://")) continue;
      expect(existsSync(join(ROOT, dirname(page), target!)), target!).toBe(true);
    }
  });
}

/** The sentences of a page, without its headings, its programs and its names of code. */
function prose(path: string): string {
  return read(path)
    .replace(/```[\s\S]*?```/g, "")
    .replace(/`[^`]*`/g, "`")
    .replace(/^#.*$/gm, "")
    .replace(/"[^"\n]*"/g, '"');
}

/** CONTRIBUTING.md states the rules, with examples that break them. docs/rfc6455.md quotes the names of tests. */
const QUOTING = ["CONTRIBUTING.md", "docs/rfc6455.md"];

describe.each(PAGES.filter((page) => !QUOTING.includes(page)))(
  "%s is written in plain words",
  (page) => {
    test("a size is in bytes, not in octets", () => {
      expect(prose(page)).not.toMatch(/\boctets?\b/i);
    });

    test("no statement begins with a pronoun that stands for its subject", () => {
      expect(prose(page)).not.toMatch(
        /(?:^|[.!?|] |\* )(?:Who|Whoever|Whatever|What)\b[^.?|]*[.|]/m,
      );
    });
  },
);
