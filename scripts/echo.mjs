// pnpm echo [--runtime node|deno|bun] [--port N] [--host H] [--tls | --cert FILE --key FILE] [--deflate[=...]]
// pnpm echo:client [--runtime node|deno|bun] --url ws://... [--protocol NAME]... [--ca FILE] [--insecure] [--deflate[=...]]
import { echo } from "../packages/workshop/src/echo.mjs";

await echo(process.argv.slice(2));
