import { deflate, serve } from "@sansocket/deno";
import { listenWith } from "./sansocket.ts";
import type { Listen } from "./subject.ts";

export const listen: Listen = (deflateCase) => listenWith({ deflate, serve }, deflateCase);
