/**
 * The law of other realms: bytes are bytes, whichever realm made them. Test runners, Electron and `node:vm` hand over arrays
 * whose constructor is not ours.
 */
import { runInNewContext } from "node:vm";
import { type Engine, sameTraceLaw, sansocketEngine } from "@sansocket/testing";

const ForeignArray = runInNewContext("Uint8Array") as Uint8ArrayConstructor;

/** The same engine, to which every array comes from another realm. */
function fedFromAnotherRealm(engine: Engine): Engine {
  return {
    name: `${engine.name}, fed from another realm`,
    create(options) {
      const one = engine.create(options);
      const foreign: Partial<typeof one> = {
        receive: (bytes, now) => one.receive(new ForeignArray(bytes), now),
        sendBinary: (bytes) => one.sendBinary(new ForeignArray(bytes)),
      };
      return new Proxy(one, {
        get: (target, name: keyof typeof one) => foreign[name] ?? target[name],
      });
    },
  };
}

/** An engine that is fed from another realm does the same. */
export function otherRealmLaw(options: { readonly runs: number; readonly seed: number }): void {
  const engine = sansocketEngine();
  sameTraceLaw(engine, fedFromAnotherRealm(engine), options);
}
