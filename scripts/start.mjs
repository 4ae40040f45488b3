// pnpm start [--runtime node|deno|bun] [--port N] [--host H]: builds the chat, then serves it in that runtime.
import { build, runIn, takeRuntime } from "./run-in-runtime.mjs";

const args = process.argv.slice(2);
const runtime = takeRuntime(args);
build("@sansocket/example-chat");
runIn(runtime, `examples/chat/dist/main.js`, args);
