// pnpm echo [--runtime node|deno|bun] [--port N] [--host H] [--tls | --cert FILE --key FILE] [--deflate[=...]]
// pnpm echo:client [--runtime node|deno|bun] --url ws://... [--protocol NAME]... [--ca FILE] [--insecure] [--deflate[=...]]
//
// --tls makes a certificate of its own, for localhost and 127.0.0.1, and says where it lies, for clients to trust.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, root, runIn, takeRuntime } from "./run-in-runtime.mjs";

const [program, ...given] = process.argv.slice(2);
const runtime = takeRuntime(given);
build("@sansocket/example-echo");

const tlsAt = given.indexOf("--tls");
let folder;
if (tlsAt !== -1) {
  given.splice(tlsAt, 1);
  folder = mkdtempSync(join(tmpdir(), "sansocket-echo-"));
  const require = createRequire(join(root, "examples/echo/package.json"));
  const { generate } = await import(require.resolve("selfsigned"));
  const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    extensions: [
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  const files = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key, { mode: 0o600 });
  given.push("--cert", files.cert, "--key", files.key);
  console.log(`certificate in ${files.cert}`);
}

runIn(runtime, `examples/echo/dist/${program}.js`, given, () => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});
