/** What a program awaits of an adapter comes, also where nothing but a timer of the adapter's can bring it. */

import { RUNTIMES } from "@sansocket/workshop/runtimes";
import { describe, expect, test } from "vitest";
import { type Line, Program } from "./program.ts";

const WAYS: readonly (readonly [way: string, says: Line])[] = [
  ["connect, whose handshake is never answered", { code: "timeout" }],
  ["close, whose peer is silent", { code: 1006 }],
  ["ping, whose peer is silent", { ping: "closed" }],
  ["close behind a stream whose source is silent", { code: 1006 }],
  ["shutdown, whose peer is silent", { connections: 0 }],
  ["shutdown, with a hook that never finishes", { connections: 0 }],
  ["the close hook of a paused socket", { undelivered: 1 }],
  ["closed, while a hook never finishes", { code: 1000 }],
  ["shutdown, with a socket that is not read from", { connections: 0 }],
];

describe.each(RUNTIMES)("on %s a process stays for what it awaits:", (runtime) => {
  test.each(WAYS)("%s", { timeout: 30_000 }, async (way, says) => {
    const program = new Program(runtime, "awaiting.mjs", [`@sansocket/${runtime}`, way]);
    expect(await program.untilExit()).toEqual([says, { done: way }, { exit: 0 }]);
  });
});
