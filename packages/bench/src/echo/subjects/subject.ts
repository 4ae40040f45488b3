import type { EchoCase } from "../cases.ts";

/** An echo server on 127.0.0.1 and a port that is free; resolves to that port. */
export type Listen = (echoCase: EchoCase) => Promise<number>;
