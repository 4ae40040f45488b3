/** Turns that the application causes, outside the turns that the transport and the clock cause. */
import type { Link } from "./link.ts";

/** A command or a hook has changed what may be delivered or read. */
export function ownTurn(link: Pick<Link, "tick" | "turn">): void {
  link.tick();
  link.turn();
}

/** The same, where more work follows at once: the turn waits when the run has become too long, see `long-run`. */
export function nextTurn(link: Pick<Link, "tick" | "turn" | "longRun">): void {
  const pause = link.longRun.goesOn(0);
  if (pause === null) ownTurn(link);
  else void pause.then(() => ownTurn(link));
}
