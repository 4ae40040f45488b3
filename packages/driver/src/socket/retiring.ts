/**
 * The work that waits until every message that has arrived is answered: a shutdown then closes the connection, and a hand-off
 * takes its snapshot.
 */
export interface Retiring {
  /** Null when it was called. */
  whenAnswered: (() => void) | null;
  /** A hand-off: messages that nobody takes here move too, and are not waited for. */
  readonly isMoving: boolean;
  /** A shutdown beside the hand-off. The shutdown goes on if the connection stays. */
  readonly whenStays: (() => void) | null;
}

/**
 * Adds a wait to the one that there may be. A hand-off goes before a shutdown, whichever began first: a connection that moves
 * needs no Close, and one that stays gets the Close a little later.
 */
export function retiringBehind(
  before: Retiring | null | undefined,
  whenAnswered: () => void,
  isMoving: boolean,
): Retiring {
  if (!isMoving) {
    if (before?.isMoving) return { ...before, whenStays: whenAnswered };
    return { whenAnswered, isMoving, whenStays: null };
  }
  const shutdown = before?.isMoving ? before.whenStays : before?.whenAnswered;
  return { whenAnswered, isMoving, whenStays: shutdown ?? null };
}

/** Every message is answered. Each wait is told once. */
export function tellAnswered(retiring: Retiring | null | undefined): void {
  const whenAnswered = retiring?.whenAnswered;
  if (!whenAnswered) return;
  retiring!.whenAnswered = null;
  whenAnswered();
}
