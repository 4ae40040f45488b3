import { prepare, serve } from "@sansocket/node";
import { run } from "./command-line.ts";

await run({ serve, prepare });
