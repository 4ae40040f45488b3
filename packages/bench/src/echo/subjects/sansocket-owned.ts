/** Ours with all defaults: each message in a buffer of its own, which the application may keep. */
import { listenWith } from "./sansocket.ts";
import type { Listen } from "./subject.ts";

export const listen: Listen = () => listenWith({ lend: false });
