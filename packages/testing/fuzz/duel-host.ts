/** The hosts of duels: their entropy, which the model knows, and the settings of core. */
import {
  clientSettings,
  connectionSettings,
  type Host,
  type Settings,
  serverSettings,
  watchFrames,
} from "@sansocket/core";
import { base64 } from "../src/wire/accept-key.ts";
import type { Setting } from "./scenario.ts";

/** A host whose entropy the model knows. One host may serve any number of duels, one after the other. */
export interface DuelHost {
  readonly host: Host;
  /** The masking keys in the order in which core takes them. */
  nextKey(): Uint8Array;
}

const NONCE_BYTES = 16;
/** The opening key of every client of a {@link DuelHost}. */
export const DUEL_KEY: string = base64(nonce(new Uint8Array(NONCE_BYTES)));
/** The subprotocols that every client offers. */
export const DUEL_OFFERS: readonly string[] = ["chat", "v2.chat"];

function nonce(into: Uint8Array): Uint8Array {
  return into.fill(0x2a);
}

function keyNumber(number: number): Uint8Array {
  const mixed = Math.imul(number + 1, 0x9e37_79b1);
  return Uint8Array.of(mixed >>> 24, mixed >>> 16, mixed >>> 8, mixed ^ number);
}

/** Fresh keys. */
export function createDuelHost(): DuelHost {
  let given = 0;
  let known = 0;
  return {
    host: {
      random(into) {
        if (into.length === NONCE_BYTES) {
          nonce(into);
          return;
        }
        for (let at = 0; at < into.length; at += 4) {
          into.set(keyNumber(given), at);
          given += 1;
        }
      },
    },
    nextKey() {
      known += 1;
      return keyNumber(known - 1);
    },
  };
}

/** The settings of core that were made for a host. Most scenarios have the same few. */
const knownSettings: WeakMap<Host, Map<string, Settings>> = new WeakMap();

/** The settings of core for a setting. */
export function settingsOf(setting: Setting, host: Host): Settings {
  const { role, from, pieces, isWatched, isOriginFree, limits, timeouts } = setting;
  const key = JSON.stringify([role, from, pieces, isWatched, isOriginFree, limits, timeouts]);
  let known = knownSettings.get(host);
  if (known === undefined) {
    known = new Map();
    knownSettings.set(host, known);
  }
  let settings = known.get(key);
  if (settings !== undefined) return settings;
  const frames = isWatched ? { frames: watchFrames(4) } : {};
  const options = { host, limits, timeouts, pieces, ...frames };
  if (from === "open") settings = connectionSettings(options);
  else if (role === "server") {
    settings = serverSettings({ ...options, dangerouslyAllowAnyOrigin: isOriginFree });
  } else {
    settings = clientSettings({ ...options, url: "ws://localhost/", protocols: DUEL_OFFERS });
  }
  if (known.size < 1_000) known.set(key, settings);
  return settings;
}
