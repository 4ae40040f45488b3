/**
 * Makes a failing scenario smaller: fewer acts, a plainer setting, shorter bytes, one change at a time, as long as core and the
 * model still part over the same thing.
 */
import { readHeader, unmasked, writeFrame } from "../src/model/frame.ts";
import { type Difference, duel } from "./duel.ts";
import { createDuelHost } from "./duel-host.ts";
import { type Act, PLAIN_SETTING, type Scenario, type Setting } from "./scenario.ts";

/** More attempts than any scenario of the generator needs. */
const MOST_ATTEMPTS = 5_000;

/** A scenario that fails, and how. */
export interface Counterexample {
  readonly scenario: Scenario;
  readonly difference: Difference;
}

export function shrink(failing: Counterexample): Counterexample {
  let best = failing;
  let attempts = 0;
  for (let isSmaller = true; isSmaller && attempts < MOST_ATTEMPTS; ) {
    isSmaller = false;
    for (const scenario of smaller(best.scenario)) {
      attempts += 1;
      if (attempts > MOST_ATTEMPTS) break;
      const { difference } = duel(scenario, createDuelHost());
      if (difference === null || difference.what !== failing.difference.what) continue;
      best = { scenario, difference };
      isSmaller = true;
      break;
    }
  }
  return best;
}

/** Scenarios with a little less. */
export function* smaller({ setting, acts }: Scenario): Generator<Scenario, void, undefined> {
  for (let size = acts.length; size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at + size <= acts.length; at += size) {
      yield { setting, acts: [...acts.slice(0, at), ...acts.slice(at + size)] };
    }
  }
  for (const plainer of plainerSettings(setting)) yield { setting: plainer, acts };
  for (const [at, act] of acts.entries()) {
    for (const plainer of plainerActs(act)) {
      yield { setting, acts: [...acts.slice(0, at), plainer, ...acts.slice(at + 1)] };
    }
  }
}

function* plainerSettings(setting: Setting): Generator<Setting, void, undefined> {
  for (const name of Object.keys(PLAIN_SETTING) as (keyof Setting)[]) {
    if (name === "role" || name === "from" || name === "limits" || name === "timeouts") continue;
    if (setting[name] !== PLAIN_SETTING[name]) yield { ...setting, [name]: PLAIN_SETTING[name] };
  }
  for (const name of Object.keys(setting.limits)) {
    const { [name]: _, ...limits } = setting.limits;
    yield { ...setting, limits };
  }
  for (const name of Object.keys(setting.timeouts)) {
    const { [name]: _, ...timeouts } = setting.timeouts;
    yield { ...setting, timeouts };
  }
}

function* plainerActs(act: Act): Generator<Act, void, undefined> {
  if (act.kind === "say") {
    if (act.hold > 0) yield { ...act, hold: 0 };
    if (act.hold > 1) yield { ...act, hold: Math.floor(act.hold / 2) };
    if (act.size > 0) yield { ...act, size: 0 };
    for (const bytes of plainerFrames(act.bytes)) {
      yield { ...act, bytes, hold: Math.min(act.hold, bytes.length) };
    }
  } else if (act.kind === "text" && act.text !== "") {
    yield { ...act, text: act.text.slice(0, act.text.length >> 1) };
  } else if ((act.kind === "binary" || act.kind === "pong") && act.bytes.length > 0) {
    yield { ...act, bytes: new Uint8Array(act.bytes.length >> 1) };
  } else if (act.kind === "fragment" && act.data.length > 0) {
    yield { ...act, data: act.data.slice(0, act.data.length >> 1) };
  } else if ((act.kind === "wait" || act.kind === "timeout") && act.ms > 0) {
    yield { ...act, ms: act.ms >> 1 };
  }
}

/** The same frame with a key of zeros, half the payload, or a payload of one letter. */
function* plainerFrames(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  const isMasked = (bytes[1] ?? 0) >= 128;
  const reading = readHeader(bytes, {
    isPeerMasked: isMasked,
    claimedRsv: 7,
    fragments: (bytes[0] ?? 0) % 16 === 0 ? 1 : 0,
    fragmentLimit: 2,
  });
  if (reading === "incomplete" || "rule" in reading || reading.header === null) return;
  const { fin, rsv, opcode, length, key, size } = reading.header;
  const payload = unmasked(bytes.slice(size), key, 0);
  if (payload.length !== length) return;
  const zeros = isMasked ? new Uint8Array(4) : null;
  const plain = (shorter: Uint8Array): Uint8Array => writeFrame(fin, rsv, opcode, shorter, zeros);
  if (key?.some((byte) => byte !== 0)) yield plain(payload);
  if (length > 0) {
    yield plain(payload.slice(0, length >> 1));
    yield plain(payload.slice(length >> 1));
  }
  if (opcode !== 8 && payload.some((byte) => byte !== 0x61)) yield plain(payload.map(() => 0x61));
}
