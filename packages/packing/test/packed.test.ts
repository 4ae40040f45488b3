/**
 * What `pnpm pack` makes of each package, in an empty project: installed by npm, compiled strictly by the oldest TypeScript
 * that the types are for and by the newest, required, and run on Node, Deno and Bun. Nothing is fetched: what the packages
 * depend on is packed from this repository's own node_modules.
 */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join, sep } from "node:path";
import { commandOf, RUNTIMES } from "@sansocket/workshop/runtimes";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PUBLISHED, ROOT } from "./published.ts";

const require = createRequire(import.meta.url);
/** ms. The machine may be busy with the tests of other packages. */
const PATIENCE = 600_000;
const BIN = join(ROOT, "node_modules/.bin");

let folder = "";
let project = "";
const tarballs = new Map<string, string>();

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, PATH: `${BIN}:${process.env["PATH"]}`, NO_COLOR: "1", CI: "true" },
  });
  const told = `${stdout}${stderr}`;
  if (status !== 0) {
    throw new Error(
      `${basename(command)} ${args.join(" ")}: ${status ?? signal ?? error}\n${told}`,
    );
  }
  return told;
}

const write = (name: string, content: unknown): void =>
  writeFileSync(
    join(project, name),
    typeof content === "string" ? content : JSON.stringify(content, null, 2),
  );

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "sansocket-packing-")));
  project = join(folder, "project");
  mkdirSync(project);

  for (const { folder: name, path, manifest } of PUBLISHED) {
    const destination = join(folder, name);
    run(join(BIN, "pnpm"), ["pack", "--pack-destination", destination], path);
    tarballs.set(manifest.name, join(destination, readdirSync(destination)[0]!));
  }
  // What they depend on, and what that depends on.
  const fastCheck = createRequire(require.resolve("fast-check/package.json"));
  const foreign = {
    pako: require.resolve("pako/package.json"),
    "fast-check": require.resolve("fast-check/package.json"),
    "pure-rand": fastCheck.resolve("pure-rand/package.json"),
  };
  for (const [name, path] of Object.entries(foreign)) {
    const copy = join(folder, "foreign", name);
    cpSync(dirname(path), join(copy, "package"), { recursive: true });
    tarballs.set(name, `${copy}.tgz`);
    run("tar", ["-czf", `${copy}.tgz`, "-C", copy, "package"], folder);
  }

  const dependencies = Object.fromEntries(
    [...tarballs].map(([name, tarball]) => [name, `file:${tarball}`]),
  );
  write("package.json", { name: "project", private: true, type: "module", dependencies });
  run("npm", ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund"], project);
}, PATIENCE);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(PUBLISHED)("the tarball of $manifest.name", ({ manifest, path, entries }) => {
  test("holds the licence, the page, the code, its types, and the sources that the maps name", () => {
    const files = run("tar", ["-tzf", tarballs.get(manifest.name)!], folder).split("\n");
    expect(files).toContain("package/LICENSE");
    expect(files).toContain("package/README.md");
    for (const [, types] of entries) {
      const inside = `package/${types.slice(path.length)}`;
      expect(files).toContain(inside);
      expect(files).toContain(inside.replace(/\.d\.ts$/, ".js"));
      expect(files).toContain(inside.replace("/dist/", "/src/").replace(/\.d\.ts$/, ".ts"));
    }
    expect(files.filter((file) => /tsbuildinfo|\/test\/|node_modules/.test(file))).toEqual([]);
  });

  test("has one file of code for each folder of the sources, and one for each file at their root", () => {
    const sources = readdirSync(join(path, "src"), { recursive: true, encoding: "utf8" });
    const rooms = new Set(sources.map((name) => name.split(sep)[0]!.replace(/\.ts$/, "")));
    const code = readdirSync(join(path, "dist"), { recursive: true, encoding: "utf8" });
    const files = code.filter((name) => name.endsWith(".js"));
    const isEntry = (file: string): boolean =>
      entries.some(([, types]) => types === join(path, "dist", file.replace(/\.js$/, ".d.ts")));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      expect(isEntry(file) || rooms.has(file.replace(/(\/index)?\.js$/, "")), file).toBe(true);
    }
  });

  test("has nothing that publint would tell its author", async () => {
    const { messages, pkg } = await publint({ pkgDir: path, strict: true, pack: "pnpm" });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  test("has types that attw finds right, as ES modules only", () => {
    const bin = join(
      dirname(require.resolve("@arethetypeswrong/cli/package.json")),
      "dist/index.js",
    );
    const told = run(
      process.execPath,
      [bin, tarballs.get(manifest.name)!, "--profile", "esm-only", "--format", "ascii"],
      folder,
    );
    // It ended with 0: nothing but what the profile leaves out, the resolutions that know no ES modules.
    expect(told).toContain("(ignoring resolutions: 'node10', 'node16-cjs')");
  });
});

const USER = `
import { type Extension, serverEndpoint, serverSettings, Step } from "@sansocket/core";
import { describeViolation } from "@sansocket/core/describe";
import { permessageDeflate } from "@sansocket/core/permessage-deflate";
import { fromStreams, webRuntime } from "@sansocket/driver";
import type { Socket } from "@sansocket/driver/application";
import { pakoCodec } from "@sansocket/pako";
import { cuttingLaw, sansocketEngine } from "@sansocket/testing";
import { zlibCodec } from "@sansocket/zlib";

const extensions: Extension[] = [permessageDeflate("server", pakoCodec()), permessageDeflate("server", zlibCodec())];
const settings = serverSettings({ host: { random: (into) => crypto.getRandomValues(into) }, extensions });
const endpoint = serverEndpoint(settings, 0);
endpoint.receive(new TextEncoder().encode("no HTTP at all\\r\\n\\r\\n"), 0);
while (endpoint.next() !== Step.Violation);
export const told: string = describeViolation(endpoint.violation!);
export type Taken = Socket["write"];
export const streams: typeof fromStreams = fromStreams;
webRuntime();
cuttingLaw(sansocketEngine(), { runs: 5 });
`;

const ADAPTER = (runtime: string): string => `
import { told } from "./user.js";
import { connect, serve, type Socket, WebSocket } from "@sansocket/${runtime}";

const server = await serve({
  port: 0,
  hostname: "127.0.0.1",
  message: (socket: Socket, message) => void socket.write(message),
});
const socket = await connect(server.url);
await socket.send("hello");
let heard: string | Uint8Array = "";
for await (const message of socket) {
  heard = message;
  break;
}
const page = new WebSocket(server.url);
await new Promise<void>((resolve) => {
  page.onopen = () => resolve();
});
await server.shutdown();
console.log(\`${runtime} heard \${String(heard)}; \${told.length > 10}\`);
`;

/** The oldest TypeScript that the types are for, and the newest. */
const COMPILERS = [
  ["5.7", join(dirname(require.resolve("typescript-5.7/package.json")), "bin/tsc")],
  ["7.0", join(ROOT, "node_modules/typescript/bin/tsc")],
] as const;
const RESOLUTIONS = [
  { module: "nodenext", moduleResolution: "nodenext" },
  { module: "esnext", moduleResolution: "bundler" },
] as const;

const compilations = COMPILERS.flatMap(([version, bin]) =>
  RESOLUTIONS.flatMap((resolution) =>
    // One runtime's types at a time: they contradict each other.
    RUNTIMES.map((runtime) => ({ version, bin, runtime, ...resolution })),
  ),
);

describe("in an empty project", () => {
  test.each(compilations)(
    "all of it compiles strictly with TypeScript $version, as $moduleResolution, and the types of $runtime",
    ({ version, bin, runtime, module, moduleResolution }) => {
      write("user.ts", USER);
      write(`${runtime}.ts`, ADAPTER(runtime));
      const isNode = runtime === "node";
      write("tsconfig.json", {
        compilerOptions: {
          strict: true,
          exactOptionalPropertyTypes: true,
          noUncheckedIndexedAccess: true,
          target: "ES2022",
          lib: ["ES2022", "ESNext.Disposable", ...(isNode ? [] : ["WebWorker"])],
          module,
          moduleResolution,
          types: [runtime],
          typeRoots: [
            join(ROOT, "packages/packing/node_modules/@types"),
            join(ROOT, "node_modules/@types"),
          ],
          // What the types of the runtimes themselves contain is not ours to judge.
          skipLibCheck: true,
        },
        files: [`${runtime}.ts`],
      });
      expect(run(process.execPath, [bin, "--version"], project)).toContain(`Version ${version}`);
      expect(run(process.execPath, [bin, "-p", "."], project)).toBe("");
    },
  );

  test.each(COMPILERS)(
    "the types of core and pako need no library but ES2022 themselves: every file of them compiles with TypeScript %s",
    (_, bin) => {
      write(
        "pure.ts",
        `export * from "@sansocket/core";\nexport * from "@sansocket/core/describe";\nexport * from "@sansocket/core/permessage-deflate";\nexport { pakoCodec } from "@sansocket/pako";\n`,
      );
      const options = { strict: true, noEmit: true, skipLibCheck: false, module: "nodenext" };
      const compilerOptions = { ...options, target: "ES2022", lib: ["ES2022"], types: [] };
      write("pure.json", { compilerOptions, files: ["pure.ts"] });
      expect(run(process.execPath, [bin, "-p", "pure.json"], project)).toBe("");
    },
  );

  test("a CommonJS file compiles with the newest TypeScript, as nodenext, and runs on Node", () => {
    write(
      "common.cts",
      `import { connect, serve, type Socket } from "@sansocket/node";
       async function main(): Promise<void> {
         const server = await serve({ port: 0, message: (socket: Socket, message) => void socket.write(message) });
         await (await connect(server.url)).close();
         await server.shutdown();
         console.log("closed");
       }
       void main();`,
    );
    const typeRoots = [join(ROOT, "node_modules/@types")];
    const options = {
      strict: true,
      target: "es2022",
      module: "nodenext",
      types: ["node"],
      typeRoots,
    };
    write("common.json", {
      compilerOptions: { ...options, skipLibCheck: true },
      files: ["common.cts"],
    });
    const [, bin] = COMPILERS[1];
    expect(run(process.execPath, [bin, "-p", "common.json"], project)).toBe("");
    expect(run(process.execPath, ["--no-warnings", "common.cjs"], project)).toContain("closed");
  });

  test.each(RUNTIMES)("all of it runs on %s", (runtime) => {
    const [binary, ...flags] = commandOf(runtime);
    // The program is what the compiler made of it in the tests above.
    expect(run(binary, [...flags, `${runtime}.js`], project)).toContain(
      `${runtime} heard hello; true`,
    );
  });

  test("each entry that runs on Node can be required there, as itself", () => {
    const names = PUBLISHED.filter(({ folder: name }) => name !== "bun" && name !== "deno").flatMap(
      ({ entries }) => entries.map(([name]) => name),
    );
    write(
      "required.cjs",
      `const names = ${JSON.stringify(names)};
       (async () => {
         for (const name of names) {
           const required = require(name);
           if (required !== (await import(name))) throw new Error(name + " is there twice");
           console.log(name, Object.keys(required).length > 0);
         }
       })();`,
    );
    const told = run(process.execPath, ["--no-warnings", "required.cjs"], project);
    expect(told.trim().split("\n")).toEqual(names.map((name) => `${name} true`));
  });
});
