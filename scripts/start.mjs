// pnpm start [--runtime node|deno|bun] [--port N] [--host H]: builds the chat, then serves it in that runtime.
import { build } from "../packages/workshop/src/root.mjs";
import { runExample, takeRuntime } from "../packages/workshop/src/run-example.mjs";

const args = process.argv.slice(2);
const runtime = takeRuntime(args);
build("@sansocket/example-chat");
runExample(runtime, "examples/chat/dist/main.js", () => args);
