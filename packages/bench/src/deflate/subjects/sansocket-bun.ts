import { deflate, serve } from "@sansocket/bun";
import { listenWith } from "./sansocket.ts";
import type { Listen } from "./subject.ts";

export const listen: Listen = (deflateCase) => listenWith({ deflate, serve }, deflateCase);
