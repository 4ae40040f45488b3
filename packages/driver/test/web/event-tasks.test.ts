import { describe, expect, test } from "vitest";
import { EventTasks } from "../../src/web/event-tasks.ts";
import { queueTask } from "../../src/web/task-queue.ts";

const nextTask = (): Promise<void> => new Promise((resolve) => queueTask(resolve));

describe("events", () => {
  test("run at once when this task has run none, and in later tasks when it has", async () => {
    const events = new EventTasks();
    const seen: string[] = [];
    events.run(() => seen.push("a"));
    events.run(() => seen.push("b"));
    events.run(() => seen.push("c"));
    expect(seen).toEqual(["a"]);
    for (let turn = 0; turn < 20; turn += 1) await null;
    expect(seen).toEqual(["a"]);
    await nextTask();
    await nextTask();
    expect(seen).toEqual(["a", "b", "c"]);
  });

  test("that are deferred never run at once, and keep their place among the others", async () => {
    const events = new EventTasks();
    const seen: string[] = [];
    events.defer(() => seen.push("a"));
    events.run(() => seen.push("b"));
    expect(seen).toEqual([]);
    await nextTask();
    await nextTask();
    await nextTask();
    expect(seen).toEqual(["a", "b"]);
  });

  test("wait for the task after one in which a deferred event has run", async () => {
    const events = new EventTasks();
    const seen: string[] = [];
    events.defer(() => {
      seen.push("a");
      events.run(() => seen.push("b"));
      seen.push("behind a");
    });
    await nextTask();
    await nextTask();
    await nextTask();
    expect(seen).toEqual(["a", "behind a", "b"]);
    expect(events.isBusy).toBe(false);
  });

  test("are under pressure while more bytes wait than are allowed, until none waits", async () => {
    const events = new EventTasks();
    events.run(() => {}, 1_000); // has run, and waits no longer
    events.run(() => {}, 60);
    expect(events.pressure(60)).toBeUndefined();
    events.run(() => {}, 1);
    let relieved = false;
    void events.pressure(60)!.then(() => {
      relieved = true;
    });
    expect(events.pressure(60)).toBe(events.pressure(60));
    for (let turn = 0; turn < 20; turn += 1) await null;
    expect(relieved).toBe(false);
    for (let task = 0; task < 4; task += 1) await nextTask();
    expect(relieved).toBe(true);
    expect(events.pressure(0)).toBeUndefined();
  });
});
