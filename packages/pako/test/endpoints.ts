/** Open connections with permessage-deflate over a codec, and what the engine tells of the frames that they are fed. */
import {
  acceptOffers,
  type ConnectionOptions,
  type Endpoint,
  openEndpoint,
  parseExtensions,
  Step,
} from "@sansocket/core";
import {
  type DeflateCodec,
  type DeflateOptions,
  permessageDeflate,
} from "@sansocket/core/permessage-deflate";
import { encodeFrame, joinBytes, type WireFrame } from "@sansocket/testing";

export const RSV1 = 4;
const KEY = Uint8Array.of(1, 2, 3, 4);

/** A frame of a client. */
export function frame(shape: Partial<WireFrame>): Uint8Array {
  return encodeFrame({ fin: true, rsv: 0, opcode: 1, payload: EMPTY, key: KEY, ...shape });
}
const EMPTY = new Uint8Array(0);

export interface Opened {
  /** What the client offered besides the name, for instance "; client_max_window_bits". */
  readonly offer?: string;
  readonly options?: DeflateOptions;
  readonly connection?: Partial<ConnectionOptions>;
}

export const quietHost = { random: (into: Uint8Array) => void into.fill(7) };

/** A server's endpoint behind its opening handshake. */
export function openServer(codec: DeflateCodec, opened: Opened = {}): Endpoint {
  const { offer = "", options = {}, connection = {} } = opened;
  const extension = permessageDeflate("server", codec, options);
  const agreement = acceptOffers(parseExtensions([`permessage-deflate${offer}`])!, [extension]);
  return openEndpoint("server", { agreement }, { host: quietHost, ...connection }, 0);
}

/** Pulls to Idle, and says in a line each what came; drops what there is to send. */
export function turn(endpoint: Endpoint): string[] {
  const lines: string[] = [];
  for (let step = endpoint.next(); step !== Step.Idle; step = endpoint.next()) {
    const bytes = endpoint.chunk.slice(endpoint.start, endpoint.end);
    if (step === Step.Text) lines.push(`text ${endpoint.text}`);
    else if (step === Step.Binary) lines.push(`binary of ${bytes.length}`);
    else if (step === Step.Ping) lines.push(`ping ${bytes.join(",")}`);
    else if (step === Step.Violation) {
      const { kind, closeCode } = endpoint.violation!;
      lines.push(`${closeCode} ${kind}`);
    }
  }
  return lines;
}

/** The frames, each in a turn of its own or byte by byte. */
export function feed(endpoint: Endpoint, frames: readonly Uint8Array[], size: number): string[] {
  const lines: string[] = [];
  const bytes = joinBytes(frames);
  for (let at = 0; at < bytes.length; at += size) {
    endpoint.receive(bytes.slice(at, at + size), 0);
    lines.push(...turn(endpoint));
    takeOutput(endpoint);
  }
  return lines;
}

/** All that there is to send. */
export function takeOutput(endpoint: Endpoint, now = 0): Uint8Array {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const transmission = endpoint.transmit(now);
    if (transmission === null) return joinBytes(chunks);
    for (const chunk of transmission.chunks) chunks.push(chunk.slice());
    endpoint.sent(now);
  }
}

/** A codec that counts what is alive, what is called, and what comes out. */
export interface CountingCodec extends DeflateCodec {
  readonly deflaters: number;
  readonly inflaters: number;
  readonly deflations: number;
  readonly inflated: number;
}

/** Counts on top of `codec`. Contexts that connections share stay alive, and so are counted as long. */
export function counting(codec: DeflateCodec): CountingCodec {
  const count = { deflaters: 0, inflaters: 0, deflations: 0, inflated: 0 };
  const once = (action: () => void): (() => void) => {
    let isDone = false;
    return () => {
      if (!isDone) action();
      isDone = true;
    };
  };
  return {
    keepsContext: codec.keepsContext,
    createDeflater(options) {
      const own = codec.createDeflater(options);
      count.deflaters += 1;
      const discount = once(() => {
        count.deflaters -= 1;
      });
      return {
        deflate(payload) {
          count.deflations += 1;
          return own.deflate(payload);
        },
        reset: () => own.reset(),
        dispose() {
          discount();
          own.dispose();
        },
      };
    },
    createInflater(options) {
      const own = codec.createInflater(options);
      count.inflaters += 1;
      const discount = once(() => {
        count.inflaters -= 1;
      });
      return {
        inflate: (payload, isLast, budget, sink) =>
          own.inflate(payload, isLast, budget, (inflated) => {
            count.inflated += inflated.length;
            sink(inflated);
          }),
        reset: () => own.reset(),
        dispose() {
          discount();
          own.dispose();
        },
      };
    },
    get deflaters() {
      return count.deflaters;
    },
    get inflaters() {
      return count.inflaters;
    },
    get deflations() {
      return count.deflations;
    },
    get inflated() {
      return count.inflated;
    },
  };
}
