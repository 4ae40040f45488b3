import type { DeflateCase } from "../cases.ts";

/** An echo server on 127.0.0.1 that compresses; resolves to its port. */
export type Listen = (deflateCase: DeflateCase) => Promise<number>;
