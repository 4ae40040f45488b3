/**
 * Whether a value is a Uint8Array of any realm. `instanceof` would accept only arrays of this realm, and test runners
 * (Jest, jsdom), Electron and `node:vm` hand over arrays of another realm.
 */
const nameOfTypedArray = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)!.get!;

/**
 * An array of shared memory counts too: a send and a receive copy its bytes in the call. (The getter looks at the object
 * itself and takes 20 ns on a busy machine; `instanceof` walks the chain of prototypes and takes 15 ns.)
 */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && Reflect.apply(nameOfTypedArray, value, []) === "Uint8Array";
}
