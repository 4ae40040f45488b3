/** The laws of memory: what an idle connection keeps, and whose memory goes on the wire. */
import { openEndpoint, Step } from "@sansocket/core";
import fc from "fast-check";
import { binaryPayloads, encodeFrame, retainedBytes } from "../../src/index.ts";
import { type CoreLawOptions, check, QUIET_HOST } from "./core-law.ts";

/** Bytes. An idle endpoint is a few objects, and no memory of the thread. */
const MOST_WHEN_IDLE = 16_384;

/**
 * A connection keeps no memory when all that it sent was taken, all that it received was delivered, and no message is under
 * way. Our own pings that the peer never answers are bounded too.
 */
export function idleMemoryLaw(options: CoreLawOptions): void {
  const inputs = fc.record({
    role: fc.constantFrom("client" as const, "server" as const),
    sizes: fc.array(
      fc.oneof(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 60_000, max: 70_000 })),
      { maxLength: 8 },
    ),
    pings: fc.constantFrom(0, 1, 2_000),
    isLate: fc.boolean(),
  });
  check(
    options,
    fc.property(inputs, ({ role, sizes, pings, isLate }) => {
      const endpoint = openEndpoint(role, {}, { host: QUIET_HOST }, 0);
      const rest = [...sizes];
      const send = (): void => {
        const size = rest.shift();
        if (size !== undefined) endpoint.sendBinary(new Uint8Array(size));
      };
      const turn = (): void => {
        while (endpoint.next() !== Step.Idle);
        while (endpoint.transmit(0) !== null) {
          if (isLate) {
            // More is sent while the transport has not taken this.
            endpoint.keep();
            send();
          }
          endpoint.sent(0);
        }
      };
      turn();
      const fresh = retainedBytes(endpoint);
      while (rest.length > 0) {
        send();
        turn();
      }
      for (let count = 0; count < pings; count += 1) endpoint.ping(null, 0);
      turn();
      const kept = retainedBytes(endpoint) - fresh;
      if (kept > MOST_WHEN_IDLE) throw new Error(`an idle connection keeps ${kept} bytes more`);
    }),
  );
}

/**
 * A server that sends large payloads by reference relays the bytes of another endpoint's step: those bytes are copied, because
 * their memory is used again in the next turn.
 */
export function relayLaw(options: CoreLawOptions): void {
  check(
    options,
    fc.property(binaryPayloads(), binaryPayloads(), (first, second) => {
      const host = QUIET_HOST;
      const from = openEndpoint("client", {}, { host }, 0);
      const to = openEndpoint("server", {}, { host, referenceFrom: 1 }, 0);
      while (from.next() !== Step.Idle);
      while (to.next() !== Step.Idle);
      const frame = (payload: Uint8Array): Uint8Array =>
        encodeFrame({ fin: true, rsv: 0, opcode: 2, payload, key: null });
      from.receive(frame(first), 0);
      while (from.next() !== Step.Idle) to.sendBinary(from.chunk, from.start, from.end);
      // The transport is slow, and meanwhile the memory of the first message serves the second.
      const chunks = to.transmit(0)?.chunks ?? [];
      from.receive(frame(second), 0);
      while (from.next() !== Step.Idle);
      const sent = chunks.flatMap((chunk) => [...chunk]);
      if (sent.join() !== [...frame(first)].join()) throw new Error("another message was relayed");
    }),
  );
}
