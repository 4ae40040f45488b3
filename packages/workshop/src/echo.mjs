/** Runs the programs of examples/echo. `--tls` makes a certificate and tells where it lies, so that clients can trust it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "./root.mjs";
import { runExample, takeRuntime } from "./run-example.mjs";

/** @param {readonly string[]} given "server" or "client", and the command line */
export async function echo(given) {
  const [program, ...args] = given;
  const runtime = takeRuntime(args);
  build("@sansocket/example-echo");
  const tlsAt = args.indexOf("--tls");
  if (tlsAt !== -1) args.splice(tlsAt, 1);
  // Not at the top: only this one needs more than Node itself.
  const certificate =
    tlsAt === -1 ? null : await import("./certificate.mjs").then((made) => made.selfSigned());
  runExample(runtime, `examples/echo/dist/${program}.js`, () =>
    certificate === null ? args : [...args, ...filesOf(certificate)],
  );
}

/**
 * Writes the certificate into a folder that is removed when this process ends.
 * @param {import("./certificate.mjs").Certificate} certificate
 */
function filesOf({ cert, key }) {
  const folder = mkdtempSync(join(tmpdir(), "sansocket-echo-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const files = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key, { mode: 0o600 });
  console.log(`certificate in ${files.cert}`);
  return ["--cert", files.cert, "--key", files.key];
}
