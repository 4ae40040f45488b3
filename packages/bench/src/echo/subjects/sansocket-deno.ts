import { serve } from "@sansocket/deno";
import { listenWith } from "./sansocket.ts";
import type { Listen } from "./subject.ts";

export const listen: Listen = (echoCase) => listenWith(serve, echoCase, { lend: false });
export const listenLending: Listen = (echoCase) => listenWith(serve, echoCase, { lend: true });
