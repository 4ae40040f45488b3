/** Scenarios from a seeded source. The generator draws numbers itself, since a million scenarios must not take an hour. */
import { DUEL_KEY } from "./duel-host.ts";
import {
  largeFrame,
  type PeerState,
  peerFrame,
  peerRequest,
  peerResponse,
  randomBytes,
  randomLength,
  randomText,
} from "./peer-frames.ts";
import { oneIn, pick, type RandomSource } from "./random.ts";
import type { Act, Scenario, Setting } from "./scenario.ts";

const SMALL_LIMITS: Readonly<Record<string, readonly number[]>> = {
  headBytes: [40, 120, 200],
  headers: [2, 5, 7],
  lineBytes: [20, 45, 60],
  refusalBody: [0, 3, 5, 100],
  message: [0, 1, 20, 126, 200],
  frame: [0, 10, 125, 150],
  fragments: [1, 2, 3],
  unsent: [0, 30, 150, 400],
};
const ODD_TIMEOUTS: Readonly<Record<string, readonly number[]>> = {
  handshake: [0, 50, 1_000],
  refusalBody: [0, 20],
  idle: [0, 100, 40_000],
  ping: [0, 30, 10_000],
  pong: [0, 20, 40_000],
  close: [0, 7, 500, 20_000],
  lifetime: [60, 3_000, 50_000],
};

function some(
  random: RandomSource,
  values: Readonly<Record<string, readonly number[]>>,
): Record<string, number> {
  const chosen: Record<string, number> = {};
  for (const [name, possible] of Object.entries(values)) {
    if (oneIn(random, 4)) chosen[name] = pick(random, possible);
  }
  return chosen;
}

function setting(random: RandomSource): Setting {
  const from = oneIn(random, 4) ? "opening" : "open";
  const pieces = oneIn(random, 4);
  return {
    role: oneIn(random, 2) ? "client" : "server",
    from,
    pieces,
    isWatched: oneIn(random, 8),
    usesInbox: oneIn(random, 8),
    isCompressed: from === "open" && oneIn(random, 5),
    echoes: !pieces && oneIn(random, 6),
    delaysClose: oneIn(random, 6),
    decision: oneIn(random, 4) ? "later" : oneIn(random, 6) ? "refuse" : "accept",
    isOriginFree: !oneIn(random, 4),
    limits: oneIn(random, 3) ? some(random, SMALL_LIMITS) : {},
    timeouts: oneIn(random, 3) ? some(random, ODD_TIMEOUTS) : {},
  };
}

/** One scenario. */
export function randomScenario(random: RandomSource): Scenario {
  const chosen = setting(random);
  const pings: Uint8Array[] = [];
  const peer: PeerState = {
    masks: chosen.role === "server",
    isCompressed: chosen.isCompressed,
    opcode: 0,
    isMessageCompressed: false,
    rest: new Uint8Array(0),
    pings,
  };
  // Most peers are sound for a while: a fault early on hides what comes behind it.
  const faults = pick(random, [3, 10, 30, 100]);
  // Some hosts are calm, so that the peer's story comes through; others do something all the time.
  const unrest = pick(random, [2, 4, 10]);
  const size = oneIn(random, 3) ? pick(random, [1, 2, 3, 7]) : 0;
  const acts: Act[] = [];
  const say = (bytes: Uint8Array): void => {
    const hold = oneIn(random, 3) ? random.below(bytes.length + 1) : 0;
    acts.push({ kind: "say", bytes, hold, size });
  };
  if (chosen.from === "opening") {
    if (oneIn(random, 4)) acts.push(hostAct(random, pings));
    say(chosen.role === "server" ? peerRequest(random) : peerResponse(random, DUEL_KEY));
    if (chosen.decision === "later" && oneIn(random, 2)) acts.push(decision(random));
  }
  // The engine copies a chunk above 64 KiB in slices, and large payloads have ways of their own.
  const isLarge = oneIn(random, 300) && !chosen.pieces && !chosen.echoes;
  for (let left = 1 + random.below(10); left > 0; left -= 1) {
    if (isLarge && oneIn(random, 3)) {
      const bytes = largeFrame(random, peer);
      const hold = oneIn(random, 2) ? random.below(bytes.length) : 0;
      acts.push({ kind: "say", bytes, hold, size: pick(random, [0, 0, 30_000, 65_536, 65_537]) });
    }
    if (oneIn(random, unrest)) acts.push(hostAct(random, pings));
    else say(peerFrame(random, peer, faults));
  }
  return { setting: chosen, acts };
}

function decision(random: RandomSource): Act {
  return { kind: "decide", how: oneIn(random, 3) ? "refuse" : "accept" };
}

const CLOSES: readonly (readonly [code: number, reason: string])[] = [
  [1000, ""],
  [1000, "bye"],
  [1005, ""],
  [1011, "é"],
  [4999, "x".repeat(123)],
];

type Make = (random: RandomSource, pings: Uint8Array[]) => Act;

const HOST_ACTS: readonly (readonly [weight: number, make: Make])[] = [
  [3, (random) => ({ kind: "text", text: randomText(random), compress: !oneIn(random, 3) })],
  [
    3,
    (random) => ({
      kind: "binary",
      bytes: randomBytes(random, randomLength(random)),
      compress: !oneIn(random, 3),
    }),
  ],
  [2, (random) => ({ kind: "start", type: oneIn(random, 2) ? "text" : "binary" })],
  [4, (random) => ({ kind: "fragment", data: fragmentData(random), final: oneIn(random, 3) })],
  [2, (random, pings) => ({ kind: "ping", bytes: pingBytes(random, pings) })],
  [1, (random) => ({ kind: "pong", bytes: randomBytes(random, random.below(6)) })],
  [
    2,
    (random) => {
      const [code, reason] = pick(random, CLOSES);
      return { kind: "close", code, reason };
    },
  ],
  [1, () => ({ kind: "end" })],
  [1, (random) => ({ kind: "lose", error: pick(random, ["", "ECONNRESET"]) })],
  [3, (random) => ({ kind: "wait", ms: pick(random, [0, 1, 7, 900, 5_000, 40_000]) })],
  [4, (random) => ({ kind: "timeout", ms: pick(random, [0, 0, 1, 5_000]) })],
  [1, () => ({ kind: "tick" })],
  [1, () => ({ kind: "pause" })],
  [1, () => ({ kind: "resume" })],
  [2, () => ({ kind: "slow" })],
  [1, () => ({ kind: "fast" })],
  [2, (random) => ({ kind: "take", bytes: pick(random, [0, 0, 1, 5, 100]) })],
  [2, (random) => ({ kind: "stop", steps: random.below(3) })],
  [1, () => ({ kind: "release" })],
  [1, () => ({ kind: "abort" })],
  [1, decision],
];
const MAKES: readonly Make[] = HOST_ACTS.flatMap(([weight, make]) =>
  Array.from({ length: weight }, () => make),
);

function hostAct(random: RandomSource, pings: Uint8Array[]): Act {
  return pick(random, MAKES)(random, pings);
}

function pingBytes(random: RandomSource, pings: Uint8Array[]): Uint8Array | null {
  if (oneIn(random, 3)) return null;
  const bytes = randomBytes(random, random.below(4));
  pings.push(bytes);
  return bytes;
}

function fragmentData(random: RandomSource): string | Uint8Array {
  switch (random.below(6)) {
    case 0:
      return randomBytes(random, random.below(6));
    case 1:
      return pick(random, ["\ud83d", "\ude00", "a\ud83d", "\ude00b"]);
    case 2:
      return pick(random, [Uint8Array.of(0xe2, 0x82), Uint8Array.of(0xac), Uint8Array.of(0x41)]);
    default:
      return randomText(random);
  }
}
