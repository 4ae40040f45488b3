/**
 * The engine in QuickJS, which has no TextDecoder, no crypto and no timers: an opening handshake, echoes and a Close between
 * a client and a server, all inside.
 */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { getQuickJS } from "quickjs-emscripten";
import { expect, test } from "vitest";

const PROGRAM = `
  import { clientEndpoint, closeOutcome, serverEndpoint, Step } from "@sansocket/core";
  const absent = ["TextDecoder", "TextEncoder", "crypto", "setTimeout", "performance", "URL", "Buffer", "process"]
    .filter((name) => typeof globalThis[name] === "undefined");
  let byte = 1;
  const host = { random: (into) => { for (let i = 0; i < into.length; i++) into[i] = byte = (byte * 167 + 13) & 255; } };
  const client = clientEndpoint({ host, url: "ws://localhost/echo", protocols: ["echo"] }, 0);
  const server = serverEndpoint({ host }, 0);
  const told = [];
  const text = "héllo €😀 ".repeat(20);
  function turn(from, to) {
    for (;;) {
      for (let step = from.next(); step !== Step.Idle; step = from.next()) {
        if (step === Step.Request) from.accept({ protocol: "echo" }, 0);
        else if (step === Step.Open && from === client) { client.sendText(text); client.sendBinary(new Uint8Array([1, 2, 3])); }
        else if (step === Step.Text && from === server) server.sendText(server.text);
        else if (step === Step.Binary && from === server) server.sendBinary(server.chunk, server.start, server.end);
        else if (step === Step.Text) told.push(client.text === text ? "text" : "another text");
        else if (step === Step.Binary) { told.push("binary " + client.chunk.slice(client.start, client.end)); client.close(4321, "bye", 0); }
        else if (step === Step.Ended) told.push(from.role + " ended " + closeOutcome(from.ended).code);
      }
      const sent = from.transmit(0);
      if (sent === null) return;
      for (const chunk of sent.chunks) for (let at = 0; at < chunk.length; at += 7) to.receive(chunk.slice(at, at + 7), 0);
      if (sent.then !== "continue") to.endOfStream(0);
      from.sent(0);
    }
  }
  for (let round = 0; round < 10; round++) { turn(client, server); turn(server, client); }
  globalThis.result = JSON.stringify({ absent, told });
`;

test("handshake, echo and close run where there is no decoder, entropy or timer", {
  timeout: 60_000,
}, async (context) => {
  if (
    typeof (globalThis as { Deno?: unknown }).Deno !== "undefined" ||
    process.versions["bun"] !== undefined
  ) {
    context.skip(
      "QuickJS is the runtime under test: that esbuild and WebAssembly start it on Node is enough",
    );
  }
  const { outputFiles } = await build({
    stdin: { contents: PROGRAM, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
    bundle: true,
    write: false,
    format: "iife",
    conditions: ["@sansocket/source"],
    logLevel: "silent",
  });
  const quickjs = await getQuickJS();
  const vm = quickjs.newContext();
  try {
    vm.unwrapResult(vm.evalCode(outputFiles[0]!.text)).dispose();
    const result = vm.getProp(vm.global, "result");
    expect(JSON.parse(vm.getString(result))).toEqual({
      absent: [
        "TextDecoder",
        "TextEncoder",
        "crypto",
        "setTimeout",
        "performance",
        "URL",
        "Buffer",
        "process",
      ],
      told: ["text", "binary 1,2,3", "client ended 4321", "server ended 4321"],
    });
    result.dispose();
  } finally {
    vm.dispose();
  }
});
