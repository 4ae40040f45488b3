/** The laws of limits and of their timers. */
import { clientEndpoint, openEndpoint, Step } from "@sansocket/core";
import fc from "fast-check";
import { encodeFrame, encodeText } from "../../src/index.ts";
import { type CoreLawOptions, check, QUIET_HOST } from "./core-law.ts";

/** The default of `limits.frame`, bytes. */
const DEFAULT_FRAME = 18_874_432;

/** A message up to `limits.message` is taken in one frame too, whatever the default of `limits.frame` is. */
export function frameLimitLaw(options: CoreLawOptions): void {
  const inputs = fc.record({
    message: fc.integer({ min: 1, max: 4 * DEFAULT_FRAME }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  check(
    options,
    fc.property(inputs, ({ message, part }) => {
      const endpoint = openEndpoint("client", {}, { host: QUIET_HOST, limits: { message } }, 0);
      while (endpoint.next() !== Step.Idle);
      const length = Math.max(65_536, Math.floor(message * part));
      const isRight = length <= message;
      // The header alone: the engine judges a length as soon as it is known.
      const header = encodeFrame({
        fin: true,
        rsv: 0,
        opcode: 2,
        payload: new Uint8Array(65_536),
        key: null,
      }).slice(0, 10);
      new DataView(header.buffer).setUint32(6, length);
      endpoint.receive(header, 0);
      while (endpoint.next() !== Step.Idle);
      if ((endpoint.violation === null) === isRight) return;
      throw new Error(`a frame of ${length} bytes under limits.message ${message}`);
    }),
  );
}

/** A server that refuses, and keeps the connection open, is reported within `timeouts.refusalBody`. */
export function promptRefusalLaw(options: CoreLawOptions): void {
  const inputs = fc.record({
    status: fc.constantFrom(200, 302, 401, 403, 503),
    refusalBody: fc.integer({ min: 1, max: 5_000 }),
    body: fc.constantFrom("", "data: an event\n\n", "half of a page"),
  });
  check(
    options,
    fc.property(inputs, ({ status, refusalBody, body }) => {
      const client = clientEndpoint(
        { host: QUIET_HOST, url: "ws://site.example/", timeouts: { refusalBody } },
        0,
      );
      let isOver = false;
      const turn = (now: number): void => {
        for (let step = client.next(); step !== Step.Idle; step = client.next()) {
          if (step === Step.Ended) isOver = true;
        }
        while (client.transmit(now) !== null) client.sent(now);
      };
      turn(0);
      client.receive(encodeText(`HTTP/1.1 ${status} x\r\n\r\n${body}`), 0);
      turn(0);
      client.handleTimeout(refusalBody);
      turn(refusalBody);
      if (!isOver) throw new Error(`a ${status} is not reported after ${refusalBody} ms`);
      if (client.response?.status !== status) throw new Error("the response is not reported");
    }),
  );
}
