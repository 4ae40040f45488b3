/**
 * Answers that wait for the next answer. A hook that returns a promise takes each message in a microtask of its own, and a loop
 * does too. Each answer would then be a system call of its own. So while messages wait behind an application that answers, its
 * answers stay queued for a few microtasks: 16 messages of one read are answered in two writes in place of 16.
 */
import type { Endpoint } from "@sansocket/core";
import { FLUSH_AT_ONCE, type Flushable, markDirty } from "./flushing.ts";
import type { HookName } from "./hook-runner.ts";
import type { Mailbox } from "./mailbox.ts";

/**
 * Microtasks. An async function that finds its result takes 1 to 3, and a hook calls a few of them. A hook that waits for the
 * network keeps its answer back for 8 microtasks. They end before the event loop goes on.
 */
const PATIENCE = 8;

/** The messages of one connection, and how the application takes them. */
export interface TakenMessages {
  readonly mailbox: Mailbox | null;
  readonly isPaused: boolean;
  readonly isRetiring: boolean;
  readonly awaited: HookName | null;
  readonly isLoopAnswering: boolean;
}

/**
 * Called before the queued bytes are transmitted.
 * @returns true: the bytes wait, and the connection is flushed again in at most {@link PATIENCE} microtasks.
 */
export function keepsAnswersBack(
  connection: Flushable & { readonly endpoint: Pick<Endpoint, "state" | "unsent"> },
  taken: TakenMessages,
  outgoing: { readonly isPressured: boolean },
): boolean {
  const { mailbox } = taken;
  if (mailbox === null || mailbox.microtasks >= PATIENCE) return false;
  const isAnswering = taken.awaited === "message" || taken.isLoopAnswering;
  if (!isAnswering || taken.isPaused || taken.isRetiring || outgoing.isPressured) return false;
  const { state, unsent } = connection.endpoint;
  if (state !== "open" || unsent === 0 || unsent > FLUSH_AT_ONCE) return false;
  void flushWhenTaken(mailbox, connection);
  return true;
}

/** Flushes when the application has taken no message for {@link PATIENCE} microtasks, or has taken all of them. */
async function flushWhenTaken(mailbox: Mailbox, connection: Flushable): Promise<void> {
  if (mailbox.isWatched) return;
  mailbox.isWatched = true;
  while (mailbox.count > 0 && mailbox.microtasks < PATIENCE) {
    mailbox.microtasks += 1;
    await null;
  }
  mailbox.isWatched = false;
  markDirty(connection);
}
