/** What a server does to one client, and what is to become of it. */
import type { Step } from "@sansocket/workshop/raw-connection";
import { close, switching } from "@sansocket/workshop/server-bytes";

export interface ServerProgram {
  readonly title: string;
  /** What the server does once a client has dialed. */
  readonly server: readonly Step[];
  /** What the client is told to do, as programs/client.mjs has it; by default to recount everything up to the end. */
  readonly client?: readonly (readonly unknown[])[];
  readonly options?: object;
  /** Those that run out, and short therefore. */
  readonly timeouts?: object;
  /** What becomes of it on all three, in short: "refused 403", "violation 1006", "clean 1000". */
  readonly ends: string;
  /** Not played over TLS, and why. */
  readonly plainOnly?: string;
  /** Whether FIN or a reset ends it is up to the runtime, and why. */
  readonly endDiffers?: string;
}

/** The request has come whole. */
export const asked: Step = { frames: 0 };
export const open: Step = { send: switching() };
export const end: Step = { end: true };
export const reset: Step = { reset: true };
export const goodbye: Uint8Array = close(1000);
export const MAY_END_FIRST: string =
  "Node, which plays the server, may say close_notify before it resets: an end then, and no reset";
export const CUT_OFF: string = "it is cut off: Bun resets, Node and Deno only close";

export const CLOSED: readonly Step[] = [{ send: goodbye }, { frames: 1 }, end];
