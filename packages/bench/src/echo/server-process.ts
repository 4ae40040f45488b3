/** The process of one echo server: it loads its subject, and tells what CPU time it has used. */
import { caseNamed } from "./cases.ts";
import { answerCalls } from "./child-process.ts";
import type { Listen } from "./subjects/subject.ts";

export type SubjectName = "sansocket" | "sansocket-owned" | "ws" | "net";

export type Listening = { readonly port: number } | { readonly missing: string };

const LOADERS: Record<SubjectName, () => Promise<{ readonly listen: Listen }>> = {
  sansocket: () => import("./subjects/sansocket.ts"),
  "sansocket-owned": () => import("./subjects/sansocket-owned.ts"),
  ws: () => import("./subjects/ws.ts"),
  net: () => import("./subjects/net.ts"),
};

const calls = {
  async listen(subject: SubjectName, caseName: string): Promise<Listening> {
    try {
      const { listen } = await LOADERS[subject]();
      return { port: await listen(caseNamed(caseName)) };
    } catch (error) {
      // Not installed or not built: the others can be measured all the same.
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === "ERR_MODULE_NOT_FOUND") return { missing: message };
      throw error;
    }
  },
  /** User and system, of all threads, in ns. */
  usedCpu(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) * 1000;
  },
};

export type ServerCalls = typeof calls;

answerCalls(calls);
