/** The process of one echo server, on Node, Deno or Bun. */
import { answerCalls } from "../child-process.ts";
import { caseNamed } from "./cases.ts";
import type { Listen } from "./subjects/subject.ts";

export type SubjectName =
  | "sansocket-node"
  | "sansocket-deno"
  | "sansocket-bun"
  | "ws"
  | "bun-serve";

const LOADERS: Record<SubjectName, () => Promise<{ readonly listen: Listen }>> = {
  "sansocket-node": () => import("./subjects/sansocket-node.ts"),
  "sansocket-deno": () => import("./subjects/sansocket-deno.ts"),
  "sansocket-bun": () => import("./subjects/sansocket-bun.ts"),
  ws: () => import("./subjects/ws.ts"),
  "bun-serve": () => import("./subjects/bun-serve.ts"),
};

const calls = {
  async listen(subject: SubjectName, caseName: string): Promise<number> {
    const { listen } = await LOADERS[subject]();
    return await listen(caseNamed(caseName));
  },
  /** User and system, of all threads, in ns. */
  usedCpu(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) * 1_000;
  },
  /** bytes */
  residentMemory(): number {
    return process.memoryUsage().rss;
  },
};

export type ServerCalls = typeof calls;

answerCalls(calls);
