/**
 * The house rules of `docs/architecture.md`, proven from the source: floors, purity, file sizes, names. Each rule is also
 * shown a bad sample, so that a rule that sees nothing is found out.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "@babel/parser";
import { describe, expect, test } from "vitest";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
const CORE = join(ROOT, "packages/core/src");
const MOST_LINES = 450;

/** From the ground up; what lies directly in src may import all of them. */
const FLOORS: readonly string[] = [
  "bytes",
  "frame",
  "message",
  "extension",
  "handshake",
  "connection",
  "endpoint",
  "snapshot",
];

/** Runtimes, clocks, timers, entropy and decoders: nothing a pure engine may know by itself. */
const FORBIDDEN_NAMES = new Set(
  [
    "Date performance setTimeout setInterval setImmediate queueMicrotask requestAnimationFrame",
    "crypto TextDecoder TextEncoder URL URLSearchParams Buffer process console global globalThis window self",
    "Deno Bun require WebSocket EventTarget Event AbortController fetch structuredClone eval Function",
  ].flatMap((line) => line.split(" ")),
);

/** The state of a connection that one file alone writes: wherever else it changes, that file is called. */
const WRITTEN_IN: Readonly<Record<string, string>> = {
  phase: "transitions",
  agreed: "transitions",
  reading: "transitions",
  writing: "transitions",
  inputEnd: "transitions",
  ended: "transitions",
  isQuick: "quick-path",
};

const HOMELESS_NAMES = ["util", "utils", "helper", "helpers", "common", "misc", "shared", "lib"];

interface Source {
  /** From the repository's root, with `/`. */
  readonly path: string;
  readonly text: string;
}

function sourcesBelow(folder: string): Source[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({
      path: relative(ROOT, path).split("\\").join("/"),
      text: readFileSync(path, "utf8"),
    }));
}

interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Node).type === "string";
}

/** Calls `visit` for every node, with the node that holds it and the field it is held in. */
function walk(node: Node, visit: (node: Node, parent: Node | null, field: string) => void): void {
  const step = (current: Node, parent: Node | null, field: string): void => {
    visit(current, parent, field);
    for (const [name, value] of Object.entries(current)) {
      if (name.endsWith("Comments") || name === "loc") continue;
      for (const child of Array.isArray(value) ? value : [value]) {
        if (isNode(child)) step(child, current, name);
      }
    }
  };
  step(node, null, "");
}

function programOf({ text }: Source): Node {
  const file = parse(text, { sourceType: "module", plugins: ["typescript"] });
  return file.program as unknown as Node;
}

function importsOf(source: Source): string[] {
  const specifiers: string[] = [];
  walk(programOf(source), (node) => {
    if (/^(Import|Export(Named|All))Declaration$/.test(node.type) && isNode(node["source"])) {
      specifiers.push(String(node["source"]["value"]));
    }
    // `import("./x.ts")` as an expression or as a type: no floor needs either.
    if (["ImportExpression", "Import", "TSImportType"].includes(node.type)) {
      specifiers.push("import()");
    }
  });
  return specifiers;
}

function floorOf(path: string): number {
  const folder = relative(CORE, join(ROOT, path)).split(/[\\/]/)[0] ?? "";
  const floor = FLOORS.indexOf(folder);
  return floor === -1 ? FLOORS.length : floor;
}

/** What a file breaks, as sentences; none if it keeps the rules. */
function importFaults(source: Source): string[] {
  return importsOf(source).flatMap((specifier) => {
    if (!specifier.startsWith(".")) return [`${source.path} imports ${specifier}`];
    if (!specifier.endsWith(".ts")) return [`${source.path} imports ${specifier} without .ts`];
    const target = relative(ROOT, resolve(ROOT, dirname(source.path), specifier));
    return floorOf(target) > floorOf(source.path)
      ? [`${source.path} imports upwards: ${specifier}`]
      : [];
  });
}

/** The files of the same package that a file imports: values and types alike. */
function importedFiles(source: Source): string[] {
  const files: string[] = [];
  walk(programOf(source), (node) => {
    const isImport = /^(Import|Export(Named|All))Declaration$/.test(node.type);
    const given =
      isImport || node.type === "ImportExpression"
        ? node["source"]
        : node.type === "TSImportType"
          ? node["argument"]
          : null;
    if (!isNode(given)) return;
    const literal = isNode(given["literal"]) ? given["literal"] : given;
    const specifier = String(literal["value"]);
    if (!specifier.startsWith(".")) return;
    const target = relative(ROOT, resolve(ROOT, dirname(source.path), specifier));
    files.push(target.split("\\").join("/"));
  });
  return files;
}

/** The files of each circle, sorted: two that import each other, or more by a way round, or one that imports itself. */
function circlesOf(sources: readonly Source[]): string[][] {
  const imports = new Map(sources.map((source) => [source.path, importedFiles(source)]));
  const reachable = (from: string): Set<string> => {
    const seen = new Set<string>();
    const left = [...(imports.get(from) ?? [])];
    for (let path = left.pop(); path !== undefined; path = left.pop()) {
      if (seen.has(path)) continue;
      seen.add(path);
      left.push(...(imports.get(path) ?? []));
    }
    return seen;
  };
  const reach = new Map([...imports.keys()].map((path) => [path, reachable(path)]));
  const circles = new Map<string, string[]>();
  for (const [path, seen] of reach) {
    if (!seen.has(path)) continue;
    const circle = [...seen].filter((other) => reach.get(other)?.has(path)).sort();
    circles.set(circle.join(), circle);
  }
  return [...circles.values()];
}

function nameFaults(source: Source): string[] {
  const faults: string[] = [];
  walk(programOf(source), (node, parent, field) => {
    if (node.type === "TSEnumDeclaration") faults.push(`${source.path} declares an enum`);
    if (node.type === "Identifier" && node["name"] === "Math" && !isPlainMath(parent, field)) {
      faults.push(`${source.path} may reach Math.random`);
    }
    if (node.type !== "Identifier" || !FORBIDDEN_NAMES.has(String(node["name"]))) return;
    // `endpoint.process` and `{ process: 1 }` are names of our own; `process.env` is the runtime's.
    const isMember = parent !== null && (field === "property" || field === "key");
    if (isMember && parent["computed"] !== true) return;
    faults.push(`${source.path} names ${String(node["name"])}`);
  });
  return faults;
}

/** Assignments to the state of a connection: of the endpoint floor to any of it, of other files to what has an owner. */
function ownerFaults(source: Source): string[] {
  const faults: string[] = [];
  walk(programOf(source), (node) => {
    const isUpdate = node.type === "UpdateExpression";
    const target = isUpdate ? node["argument"] : node["left"];
    if (!isUpdate && node.type !== "AssignmentExpression") return;
    if (!isNode(target) || target.type !== "MemberExpression") return;
    const { object, property } = target as unknown as { object: Node; property: Node };
    const field = String(property["name"]);
    const holder = object.type === "MemberExpression" ? (object["property"] as Node) : object;
    const isFromAbove = source.path.includes("/endpoint/") && holder["name"] === "connection";
    const owner = Object.hasOwn(WRITTEN_IN, field) ? WRITTEN_IN[field] : undefined;
    const isTaken = owner !== undefined && !source.path.endsWith(`/${owner}.ts`);
    if (isFromAbove || isTaken) faults.push(`${source.path} writes ${field}`);
  });
  return faults;
}

/** `Math.imul`, say. `Math[name]`, `const { random } = Math` and `f(Math)` could be random without saying so. */
function isPlainMath(parent: Node | null, field: string): boolean {
  if (parent?.type !== "MemberExpression" || field !== "object") return false;
  const property = parent["property"];
  return isNode(property) && parent["computed"] !== true && property["name"] !== "random";
}

/** `/// <reference lib="dom" />` would undo what tsconfig.json forbids, and `@ts-ignore` any of its rules. */
function commentFaults({ path, text }: Source): string[] {
  const { comments } = parse(text, { sourceType: "module", plugins: ["typescript"] });
  return (comments ?? [])
    .filter(({ value }) => /^\/\s*<reference|@ts-(ignore|expect-error|nocheck)/.test(value))
    .map(({ value }) => `${path} overrules the compiler: ${value.trim()}`);
}

/** `instanceof` asks for the realm that made an object: test runners and `node:vm` hand over those of another one. */
function realmFaults({ path, text }: Source): string[] {
  const faults: string[] = [];
  walk(programOf({ path, text }), (node) => {
    if (node.type !== "BinaryExpression" || node["operator"] !== "instanceof") return;
    const right = node["right"];
    if (!isNode(right) || right.type !== "Identifier") return;
    const name = String(right["name"]);
    if (name in globalThis) faults.push(`${path} asks for an instance of the global ${name}`);
  });
  return faults;
}

/** What the driver and the adapter of Node take once, when they are loaded: `runtime/globals.ts`, and modules of Node. */
const REPLACEABLE: ReadonlySet<string> = new Set([
  ..."AbortController Blob Buffer CloseEvent DOMException Event EventTarget Headers MessageEvent ReadableStream".split(
    " ",
  ),
  ..."TextDecoder TextEncoder WritableStream clearTimeout process queueMicrotask setImmediate setTimeout".split(
    " ",
  ),
]);

/** A global that is named where it is used is the one that a test runner has put there meanwhile. */
function lateGlobalFaults(source: Source): string[] {
  const used = new Set<string>();
  const bound = new Set<string>();
  walk(programOf(source), (node, parent, field) => {
    if (node.type !== "Identifier") return;
    const name = String(node["name"]);
    if (!REPLACEABLE.has(name)) return;
    if (field === "callee" || field === "superClass" || field === "object") used.add(name);
    if (parent?.type === "ImportSpecifier" || parent?.type === "ImportDefaultSpecifier")
      bound.add(name);
    if (parent?.type === "ObjectProperty" && field === "value") bound.add(name); // of an argument
  });
  return [...used]
    .filter((name) => !bound.has(name))
    .map((name) => `${source.path} takes ${name} late`);
}

function lengthFaults({ path, text }: Source): string[] {
  const lines = text.trimEnd().split("\n").length;
  return lines > MOST_LINES ? [`${path} has ${lines} lines`] : [];
}

/** The names that a file declares at its top level, and whether it exports them. */
function declaredNames(source: Source): (readonly [name: string, isExported: boolean])[] {
  const body = programOf(source)["body"] as readonly Node[];
  return body.flatMap((statement) => {
    const isExported = statement.type === "ExportNamedDeclaration";
    const declaration = isExported ? statement["declaration"] : statement;
    if (!isNode(declaration)) return [];
    const declared = Array.isArray(declaration["declarations"])
      ? (declaration["declarations"] as readonly Node[])
      : [declaration];
    return declared.flatMap(({ id }) =>
      isNode(id) && id.type === "Identifier" ? [[String(id["name"]), isExported] as const] : [],
    );
  });
}

/** The names that CommonJS gives to each module. Jest runs modules as CommonJS, by the compilers of Babel, SWC and TypeScript. */
const COMMON_JS: ReadonlySet<string> = new Set([
  "__dirname",
  "__filename",
  "exports",
  "module",
  "require",
]);

/** A module that declares such a name is no module of CommonJS any more: "Identifier 'module' has already been declared". */
function commonJsFaults(source: Source): string[] {
  return declaredNames(source)
    .filter(([name]) => COMMON_JS.has(name))
    .map(([name]) => `${source.path} declares ${name}`);
}

/** The timers of a module of Node are looked up at each call in CommonJS: fake timers replace them there too. */
function lateTimerFaults(source: Source): string[] {
  if (source.path === "packages/node/src/timers.ts") return [];
  return importsOf(source)
    .filter((specifier) => /^(node:)?timers(\/promises)?$/.test(specifier))
    .map((specifier) => `${source.path} imports ${specifier}`);
}

/** One name for two things: a name that core or driver exports from a file is declared by no file of the other one. */
function twinFaults(sources: readonly Source[]): string[] {
  const declared = sources.flatMap((source) =>
    declaredNames(source).map(([name, isExported]) => ({ name, isExported, path: source.path })),
  );
  const packageOf = (path: string): string | undefined => path.split("/")[1];
  const twins = declared.flatMap((one) =>
    declared
      .filter(({ name, path }) => name === one.name && packageOf(path) !== packageOf(one.path))
      .filter(() => one.isExported)
      .map(({ name, path }) => `${name} is in ${[path, one.path].sort().join(" and in ")}`),
  );
  return [...new Set(twins)];
}

/** A client needs no server: a program that only connects does not load one. */
function serverInClientFaults(source: Source): string[] {
  if (!source.path.startsWith("packages/driver/src/client/")) return [];
  return importedFiles(source)
    .filter((path) => path.startsWith("packages/driver/src/server/"))
    .map((path) => `${source.path} imports ${path}`);
}

/** "What is sent" names no subject. A reader with English as a third language takes the clause for a question. */
function pronounFaults({ path, text }: Source): string[] {
  const begun = text.matchAll(/^ *(?:\/\*\*|\*|\/\/) (?:Who|Whoever|What|Whatever) .*/gm);
  return Array.from(begun, ([comment]) => `${path} says: ${comment.trim()}`);
}

function homelessFaults({ path }: Source): string[] {
  const parts = path.replace(/\.ts$/, "").split(/[/.-]/);
  return parts
    .slice(parts.indexOf("src") + 1)
    .filter((part) => HOMELESS_NAMES.includes(part))
    .map((part) => `${path} is named ${part}`);
}

const coreSources = sourcesBelow(CORE);
const allSources = readdirSync(join(ROOT, "packages")).flatMap((name) =>
  sourcesBelow(join(ROOT, "packages", name, "src")),
);

/** What the codecs of permessage-deflate may import beside their own files. */
const CODEC_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  pako: ["@sansocket/core/permessage-deflate", "pako"],
  zlib: ["@sansocket/core/permessage-deflate", "node:buffer", "node:zlib"],
};

const packagesWithSources = readdirSync(join(ROOT, "packages")).filter((name) =>
  existsSync(join(ROOT, "packages", name, "src")),
);

describe("the house", () => {
  test("docs/architecture.md names each file of each floor of core, in the row of its floor", () => {
    const page = readFileSync(join(ROOT, "docs/architecture.md"), "utf8");
    const missing = coreSources.filter(({ path }) => {
      const [floor] = relative(CORE, join(ROOT, path)).split(/[\\/]/);
      const name = basename(path, ".ts");
      const row = page.split("\n").find((line) => line.startsWith(`| \`${floor}/\` |`));
      return FLOORS.includes(floor!) && !row?.includes(`\`${name}\``);
    });
    expect(missing.map(({ path }) => path)).toEqual([]);
  });

  test("there are sources to judge", () => {
    expect(coreSources.length).toBeGreaterThan(30);
  });

  test("core imports only its own files, by their whole name, and only downwards", () => {
    expect(coreSources.flatMap(importFaults)).toEqual([]);
  });

  for (const name of packagesWithSources) {
    test(`no import of ${name} leads back to its own file, imports of types included`, () => {
      expect(circlesOf(sourcesBelow(join(ROOT, "packages", name, "src")))).toEqual([]);
    });
  }

  test("the connection floor writes the state of a connection, and each of its transitions in one file", () => {
    expect(coreSources.flatMap(ownerFaults)).toEqual([]);
  });

  test("core names no clock, timer, source of randomness, decoder or runtime, and no enum", () => {
    expect(coreSources.flatMap(nameFaults)).toEqual([]);
  });

  test("core overrules no rule of the compiler in a comment", () => {
    expect(coreSources.flatMap(commentFaults)).toEqual([]);
  });

  test(`no source file of any package has more than ${MOST_LINES} lines`, () => {
    expect(allSources.flatMap(lengthFaults)).toEqual([]);
  });

  test("no source asks whether something is an instance of a global class, but once is-bytes, which asks the array itself next", () => {
    const shipped = allSources.filter(({ path }) => !path.startsWith("packages/bench/"));
    expect(shipped.flatMap(realmFaults)).toEqual([
      "packages/core/src/bytes/is-bytes.ts asks for an instance of the global Uint8Array",
    ]);
  });

  test("the driver and the adapter of Node take the platform's globals once, when they are loaded", () => {
    const judged = allSources.filter(({ path }) => /^packages\/(driver|node)\//.test(path));
    expect(judged.flatMap(lateGlobalFaults)).toEqual([]);
    expect(judged.flatMap(lateTimerFaults)).toEqual([]);
  });

  test("no source declares a name that CommonJS gives to each module", () => {
    const shipped = allSources.filter(({ path }) => !path.startsWith("packages/bench/"));
    expect(shipped.flatMap(commonJsFaults)).toEqual([]);
  });

  test("no source file is named for having no place", () => {
    expect(allSources.flatMap(homelessFaults)).toEqual([]);
  });

  test("no comment begins with a pronoun that stands for its subject", () => {
    expect(allSources.flatMap(pronounFaults)).toEqual([]);
  });

  test.each(Object.entries(CODEC_IMPORTS))(
    "the codec of %s imports the port, its DEFLATE and nothing else",
    (name, allowed) => {
      const sources = allSources.filter(({ path }) =>
        path.replaceAll("\\", "/").startsWith(`packages/${name}/src/`),
      );
      expect(sources.length).toBeGreaterThan(0);
      const imported = sources.flatMap(importsOf).filter((specifier) => !specifier.startsWith("."));
      expect(imported.filter((specifier) => !allowed.includes(specifier))).toEqual([]);
      expect(sources.flatMap(commentFaults)).toEqual([]);
      // A codec in plain JavaScript runs on any host.
      if (name === "pako") expect(sources.flatMap(nameFaults)).toEqual([]);
    },
  );

  test("core and driver have no name in common", () => {
    const both = allSources.filter(({ path }) => /^packages\/(core|driver)\//.test(path));
    expect(twinFaults(both)).toEqual([]);
  });

  test("the client of the driver imports nothing from the folder of the server", () => {
    expect(allSources.flatMap(serverInClientFaults)).toEqual([]);
  });

  test("core has no dependencies", () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, "packages/core/package.json"), "utf8"));
    expect(Object.keys(manifest)).not.toContain("dependencies");
    expect(Object.keys(manifest)).not.toContain("peerDependencies");
    expect(Object.keys(manifest)).not.toContain("optionalDependencies");
  });
});

describe("the judge of the house sees", () => {
  const sample = (path: string, text: string): Source => ({ path, text });
  for (const { what, faults } of [
    {
      what: "an import upwards",
      faults: importFaults(
        sample("packages/core/src/frame/x.ts", 'import type { A } from "../connection/a.ts";'),
      ),
    },
    {
      what: "a re-export upwards",
      faults: importFaults(
        sample("packages/core/src/bytes/x.ts", 'export * from "../frame/opcode.ts";'),
      ),
    },
    {
      what: "an import of a runtime's module",
      faults: importFaults(sample("packages/core/src/bytes/x.ts", 'import "node:zlib";')),
    },
    {
      what: "an import without .ts",
      faults: importFaults(sample("packages/core/src/bytes/x.ts", 'import "./y";')),
    },
    {
      what: "an import at run time",
      faults: importFaults(sample("packages/core/src/bytes/x.ts", 'import("./y.ts");')),
    },
    {
      what: "an import in a type",
      faults: importFaults(
        sample("packages/core/src/bytes/x.ts", 'type A = import("../connection/a.ts").A;'),
      ),
    },
    {
      what: "an instance of a global class",
      faults: realmFaults(sample("packages/driver/src/x.ts", "a instanceof Uint8Array;")),
    },
    {
      what: "a global that is taken late",
      faults: lateGlobalFaults(sample("packages/driver/src/x.ts", "f(() => new Event('x'));")),
    },
    {
      what: "one name in core and in driver",
      faults: twinFaults([
        sample("packages/core/src/x.ts", "export class Writing {}"),
        sample("packages/driver/src/y.ts", "type Writing = string;"),
      ]),
    },
    {
      what: "a client that imports from the server",
      faults: serverInClientFaults(
        sample("packages/driver/src/client/x.ts", 'import { A } from "../server/a.ts";'),
      ),
    },
    {
      what: "a clock",
      faults: nameFaults(sample("packages/core/src/x.ts", "const t = Date.now();")),
    },
    {
      what: "a timer",
      faults: nameFaults(sample("packages/core/src/x.ts", "setTimeout(() => {}, 1);")),
    },
    {
      what: "a global by way of globalThis",
      faults: nameFaults(sample("packages/core/src/x.ts", 'globalThis["Date"];')),
    },
    {
      what: "a source of randomness",
      faults: nameFaults(sample("packages/core/src/x.ts", "Math.random();")),
    },
    {
      what: "randomness by a computed name",
      faults: nameFaults(sample("packages/core/src/x.ts", 'Math["random"]();')),
    },
    {
      what: "randomness taken out of Math",
      faults: nameFaults(sample("packages/core/src/x.ts", "const { random } = Math;")),
    },
    {
      what: "a library let in by a comment",
      faults: commentFaults(sample("packages/core/src/x.ts", '/// <reference lib="dom" />\n')),
    },
    {
      what: "a comment without a subject",
      faults: pronounFaults(sample("packages/core/src/x.ts", "/** What is sent. */\nlet a;")),
    },
    {
      what: "an error of the compiler silenced",
      faults: commentFaults(sample("packages/core/src/x.ts", "// @ts-ignore\nlet a;")),
    },
    {
      what: "two files that import each other",
      faults: circlesOf([
        sample("packages/x/src/a.ts", 'import { b } from "./b.ts";'),
        sample("packages/x/src/b.ts", 'export * from "./a.ts";'),
        sample("packages/x/src/c.ts", 'import "./a.ts";'),
      ]),
    },
    {
      what: "a circle of types by a way round",
      faults: circlesOf([
        sample("packages/x/src/a.ts", 'import type { B } from "./in/b.ts";'),
        sample("packages/x/src/in/b.ts", 'export type C = import("./c.ts").C;'),
        sample("packages/x/src/in/c.ts", 'export type { A } from "../a.ts";'),
      ]),
    },
    {
      what: "a file that imports itself",
      faults: circlesOf([sample("packages/x/src/a.ts", 'import type { A } from "./a.ts";')]),
    },
    {
      what: "a transition outside its file",
      faults: ownerFaults(
        sample("packages/core/src/connection/x.ts", "connection.writing = Writing.Ending;"),
      ),
    },
    {
      what: "a write to a connection from above",
      faults: ownerFaults(
        sample("packages/core/src/endpoint/x.ts", "this.connection.position += 1;"),
      ),
    },
    {
      what: "a timer that is looked up late",
      faults: lateTimerFaults(
        sample("packages/node/src/x.ts", 'import { setTimeout } from "node:timers";'),
      ),
    },
    {
      what: "a name of CommonJS",
      faults: commonJsFaults(sample("packages/driver/src/x.ts", "export let a, module;")),
    },
    { what: "an enum", faults: nameFaults(sample("packages/core/src/x.ts", "enum A { B }")) },
    {
      what: "a long file",
      faults: lengthFaults(sample("packages/core/src/x.ts", "a;\n".repeat(MOST_LINES + 1))),
    },
    {
      what: "a file without a home",
      faults: homelessFaults(sample("packages/core/src/bytes/text-utils.ts", "")),
    },
    {
      what: "a folder without a home",
      faults: homelessFaults(sample("packages/core/src/helpers/text.ts", "")),
    },
  ]) {
    test(what, () => expect(faults).toHaveLength(1));
  }

  test("no fault in a name that only looks like a runtime's", () => {
    const text =
      "const a = { process: 1 }; a.process; Math.imul(1, 2); // Date.now() in a comment, 'Buffer' too";
    expect(nameFaults(sample("packages/core/src/x.ts", text))).toEqual([]);
  });
});
