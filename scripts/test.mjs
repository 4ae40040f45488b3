// Runs every suite on every runtime, then adds up the JUnit reports.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);
const reports = {
  "core on node": "packages/core/reports/node.xml",
  "core on deno": "packages/core/reports/deno.xml",
  "core on bun": "packages/core/reports/bun.xml",
  "node adapter": "packages/node/reports/node.xml",
  "deno adapter": "packages/deno/reports/deno.xml",
  "bun adapter": "packages/bun/reports/bun.xml",
};
for (const p of Object.values(reports)) {
  rmSync(p, { force: true });
  mkdirSync(dirname(p), { recursive: true }); // bun does not create it, and still exits 0
}
const r = spawnSync(
  "turbo",
  [
    "run",
    "test:node",
    "test:deno",
    "test:bun",
    "--continue=always",
    "--output-logs=full",
    ...process.argv.slice(2),
  ],
  {
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
  },
);
let passed = 0,
  failed = 0,
  skipped = 0;
console.log();
for (const [name, path] of Object.entries(reports)) {
  if (!existsSync(path)) {
    console.log(`${name.padEnd(14)} NO REPORT`);
    failed++;
    continue;
  }
  const xml = readFileSync(path, "utf8");
  let p = 0,
    f = 0,
    s = 0;
  for (const [, body = ""] of xml.matchAll(
    /<testcase\b(?:[^>"]|"[^"]*")*?(?:\/>|>([\s\S]*?)<\/testcase>)/g,
  )) {
    if (/<(failure|error)\b/.test(body)) f++;
    else if (/<skipped\b/.test(body)) s++;
    else p++;
  }
  if (p + f === 0) {
    console.log(`${name}: empty report`);
    f++;
  }
  console.log(`${name.padEnd(14)} ${p} passed, ${f} failed, ${s} skipped`);
  passed += p;
  failed += f;
  skipped += s;
}
if (r.status !== 0 && failed === 0) {
  console.log(
    `turbo exited ${r.status ?? r.signal ?? r.error}, although no report shows a failure`,
  );
  failed++;
}
console.log(`\n${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`);
process.exit(failed === 0 ? 0 : 1);
