/** An echo over loopback, end to end: so many connections x messages under way x bytes. */
import type { Part } from "../part.ts";
import { BROADCAST, CASES } from "./cases.ts";
import { measureThroughput } from "./throughput.ts";

export const echo: Part = {
  name: "echo",
  measures: "CPU of an echo server per message, over loopback",
  cases: CASES.map(({ name }) => name),
  isPerRuntime: true,
  run: (settings) => measureThroughput("echo", CASES, settings),
};

export const broadcast: Part = {
  name: "broadcast",
  measures: "CPU of a server per message of a broadcast to 1,000 connections",
  cases: [BROADCAST.name],
  isPerRuntime: true,
  run: (settings) => measureThroughput("broadcast", [BROADCAST], settings),
};
