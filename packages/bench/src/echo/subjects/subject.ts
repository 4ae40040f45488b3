import type { EchoCase } from "../cases.ts";

/**
 * A server on 127.0.0.1 and a port that is free; resolves to that port. It sends what it receives back to the sender, or in
 * the exchange "broadcast" to all connections.
 */
export type Listen = (echoCase: EchoCase) => Promise<number>;
