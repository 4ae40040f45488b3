import { expect, test } from "vitest";
import { type TaskSources, taskQueueOf } from "../../src/web/task-queue.ts";

/** Without threads, and so with nothing that would keep a process alive. */
class Channel {
  readonly port1: { onmessage: () => void } = { onmessage: () => {} };
  readonly port2 = { postMessage: (): void => void setTimeout(() => this.port1.onmessage(), 0) };
}

for (const { what, sources } of [
  { what: "immediates", sources: { setImmediate: globalThis.setImmediate } },
  { what: "a message channel", sources: { MessageChannel: Channel } },
  { what: "timeouts", sources: {} },
] satisfies { what: string; sources: TaskSources }[]) {
  test(`tasks made of ${what} come in their order, with all promises between them`, async () => {
    const queueTask = taskQueueOf(sources);
    const seen: string[] = [];
    for (let batch = 0; batch < 2; batch += 1) {
      await new Promise<void>((done) => {
        for (const name of ["a", "b"]) {
          queueTask(async () => {
            seen.push(`task ${name}`);
            for (let turn = 0; turn < 20; turn += 1) await null;
            seen.push(`promise ${name}`);
            if (name === "b") done();
          });
        }
        seen.push("asked");
      });
    }
    const once = ["asked", "task a", "promise a", "task b", "promise b"];
    expect(seen).toEqual([...once, ...once]);
  });
}
