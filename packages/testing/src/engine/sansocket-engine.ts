/** `@sansocket/core` as an engine under test. */
import {
  type ConnectionOptions,
  clientEndpoint,
  type Endpoint,
  type Extension,
  KERNELS,
  type Kernels,
  openEndpoint,
  Step,
  serverEndpoint,
  watchFrames,
} from "@sansocket/core";
import { restoreEndpoint, SnapshotError, snapshotEndpoint } from "@sansocket/core/snapshot";
import { joinBytes } from "../wire/bytes.ts";
import { type AgreedExtensions, agreementOf } from "./agreed-extensions.ts";
import type { Engine, EngineEvent, EngineOptions, EngineUnderTest, Transmitted } from "./engine.ts";
import { retainedBytes } from "./retained-bytes.ts";

/** How {@link sansocketEngine} sets its endpoints up. */
export interface SansocketEngineOptions {
  /** For connections that open through a handshake, and in pairs; a fresh list per endpoint. */
  readonly extensions?: () => readonly Extension[];
  /** For connections that open without a handshake: what the two ends have agreed on. */
  readonly agreed?: AgreedExtensions;
  /** Watch every frame, which takes the plain path for all of them. */
  readonly isWatched?: boolean;
  /** Nest the bytes to be received in the engine's inbox where they fit. */
  readonly usesInbox?: boolean;
}

/** The binding of `@sansocket/core`, for the laws. */
export function sansocketEngine(options: SansocketEngineOptions = {}): Engine {
  return {
    name: "sansocket",
    create(engineOptions) {
      const common = commonOptions(options, engineOptions);
      return bind(createEndpoint(common, options, engineOptions), common, options, engineOptions);
    },
  };
}

/** The parts of which an endpoint is made, and made again after a move: its masking keys go on. */
function commonOptions(
  { extensions, agreed, isWatched }: SansocketEngineOptions,
  { role, pieces, messageLimit, unsentLimit, onWork }: EngineOptions,
): ConnectionOptions {
  let byte = 0x5a;
  const host = {
    random(into: Uint8Array): void {
      for (let index = 0; index < into.length; index += 1) {
        byte = (byte * 167 + 13) & 0xff;
        into[index] = byte;
      }
    },
    ...(onWork === undefined ? {} : { kernels: countingKernels(onWork) }),
  };
  return {
    host,
    pieces,
    extensions: extensions?.() ?? agreed?.[role]() ?? [],
    ...(isWatched === true ? { frames: watchFrames(16) } : {}),
    limits: {
      ...(messageLimit === undefined ? {} : { message: messageLimit }),
      ...(unsentLimit === undefined ? {} : { unsent: unsentLimit }),
    },
  };
}

function createEndpoint(
  common: ConnectionOptions,
  { agreed }: SansocketEngineOptions,
  { from, role }: EngineOptions,
): Endpoint {
  if (from === "open") {
    const agreement = agreed === undefined ? {} : { agreement: agreementOf(role, agreed) };
    return openEndpoint(role, agreement, common, 0);
  }
  if (role === "server") return serverEndpoint({ ...common, dangerouslyAllowAnyOrigin: true }, 0);
  return clientEndpoint({ ...common, url: "ws://localhost/", protocols: ["a"] }, 0);
}

function countingKernels(onWork: (bytes: number) => void): Partial<Kernels> {
  return {
    xorWithKey(memory, start, end, key) {
      onWork(end - start);
      KERNELS.xorWithKey(memory, start, end, key);
    },
    copyWithKey(source, start, end, key, target, at) {
      onWork(end - start);
      KERNELS.copyWithKey(source, start, end, key, target, at);
    },
    validateUtf8(bytes, start, end, state) {
      onWork(end - start);
      return KERNELS.validateUtf8(bytes, start, end, state);
    },
  };
}

function bind(
  endpoint: Endpoint,
  common: ConnectionOptions,
  options: SansocketEngineOptions,
  engineOptions: EngineOptions,
  isUnderWay: boolean = false,
): EngineUnderTest {
  const { usesInbox } = options;
  const { answers = "at once" } = engineOptions;
  let isPartSent = isUnderWay;
  return {
    receive(bytes, now) {
      if (usesInbox === true && bytes.length <= endpoint.inbox.length) {
        endpoint.inbox.set(bytes);
        endpoint.received(bytes.length, now);
      } else {
        endpoint.receive(bytes, now);
      }
    },
    endOfStream: (now) => endpoint.endOfStream(now),
    handleTimeout: (now) => endpoint.handleTimeout(now),
    get deadline() {
      return endpoint.deadline;
    },
    pull(now) {
      const events: EngineEvent[] = [];
      for (let step = endpoint.next(); step !== Step.Idle; step = endpoint.next()) {
        const event = eventOf(endpoint, step);
        if (event !== null) events.push(event);
        if (step === Step.Request && answers === "at once") answer(endpoint, now);
      }
      return events;
    },
    transmit(now): Transmitted | null {
      const transmission = endpoint.transmit(now);
      if (transmission === null) return null;
      const bytes = joinBytes(transmission.chunks);
      endpoint.sent(now);
      return { bytes, ending: transmission.then };
    },
    lend(now): Transmitted | null {
      const transmission = endpoint.transmit(now);
      if (transmission === null) return null;
      endpoint.keep();
      return { bytes: joinBytes(transmission.chunks), ending: transmission.then };
    },
    taken: (now) => endpoint.sent(now),
    sendText: (text) => endpoint.sendText(text) === "queued",
    sendBinary: (bytes) => endpoint.sendBinary(bytes) === "queued",
    sendPart(bytes, isFinal) {
      if (!isPartSent && endpoint.startMessage("binary") !== "queued") return;
      endpoint.sendFragment(bytes, isFinal);
      isPartSent = !isFinal;
    },
    pauseReading: (now) => endpoint.pauseReading(now),
    resumeReading: (now) => endpoint.resumeReading(now),
    move(now, newNow) {
      let snapshot: Uint8Array;
      try {
        snapshot = snapshotEndpoint(endpoint, now);
      } catch (error) {
        if (error instanceof SnapshotError) return null;
        throw error;
      }
      const moved = restoreEndpoint(snapshot, common, newNow);
      return bind(moved, common, options, engineOptions, isPartSent);
    },
    sendFragments(type, fragments) {
      if (endpoint.startMessage(type) !== "queued") return false;
      const last = fragments.length - 1;
      for (const [index, fragment] of fragments.entries()) {
        endpoint.sendFragment(fragment, index === last);
      }
      return true;
    },
    ping: (bytes, now) => endpoint.ping(bytes, now) !== 0,
    close: (code, reason, now) => endpoint.close(code, reason, now) === "queued",
    transportClosed: (now) => endpoint.transportClosed(null, now),
    abort: (now) => endpoint.abort(now),
    answer(now) {
      if (endpoint.request !== null) answer(endpoint, now);
    },
    // All that an endpoint knows is plain data, so that a walk through it finds everything.
    retained: () => retainedBytes(endpoint),
  };
}

function answer(endpoint: Endpoint, now: number): void {
  const { request } = endpoint;
  if (request?.kind === "upgrade") {
    endpoint.accept({ protocol: request.protocols[0] ?? "" }, now);
  } else {
    endpoint.respond(200, { body: "plain" }, now);
  }
}

function eventOf(endpoint: Endpoint, step: Exclude<Step, 0>): EngineEvent | null {
  const bytes = endpoint.chunk.slice(endpoint.start, endpoint.end);
  switch (step) {
    case Step.Request:
      return { kind: "request" };
    case Step.Open:
      return { kind: "open" };
    case Step.Text:
      return { kind: "text", bytes, final: endpoint.final };
    case Step.Binary:
      return { kind: "binary", bytes, final: endpoint.final };
    case Step.Ping:
      return { kind: "ping", bytes };
    case Step.Pong:
      return { kind: "pong", bytes };
    case Step.Closing:
      return { kind: "closing", ...endpoint.peerClose! };
    case Step.Violation: {
      const { kind, closeCode, offset } = endpoint.violation!;
      return { kind: "violation", code: closeCode, name: kind, offset };
    }
    case Step.Frame:
      return null;
    case Step.Ended:
      return { kind: "ended" };
  }
}
