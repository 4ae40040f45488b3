/** The bytes that an object keeps alive, for engines whose state is plain data. */

/** Bytes of an object and of each of its fields, about as engines of JavaScript lay them out. */
const PER_OBJECT = 32;
const PER_FIELD = 8;

/**
 * Counts what an object keeps alive: every buffer whole, even when a small view is all that is kept of it, two bytes for each
 * code unit of a string, and a few bytes for each object and field. Functions are not looked into, and what they enclose is
 * not counted.
 * @param except objects that are not the connection's own, and what only they keep alive: settings, a pool of memory.
 */
export function retainedBytes(root: object, except: Iterable<object> = []): number {
  const seen = new Set<object>(except);
  const waiting: object[] = [root];
  let bytes = 0;
  const visit = (value: unknown): void => {
    bytes += PER_FIELD;
    if (typeof value === "string") bytes += 2 * value.length;
    else if (typeof value === "object" && value !== null && !seen.has(value)) {
      seen.add(value);
      waiting.push(value);
    }
  };
  for (let object = waiting.pop(); object !== undefined; object = waiting.pop()) {
    bytes += PER_OBJECT;
    if (ArrayBuffer.isView(object)) visit(object.buffer);
    else if (isBuffer(object)) bytes += object.byteLength;
    else if (isCollection(object)) for (const value of object.values()) visit(value);
    else for (const value of Object.values(object)) visit(value);
  }
  return bytes;
}

function isBuffer(object: object): object is ArrayBuffer {
  const tag = Object.prototype.toString.call(object);
  return tag === "[object ArrayBuffer]" || tag === "[object SharedArrayBuffer]";
}

function isCollection(object: object): object is ReadonlyMap<unknown, unknown> {
  const tag = Object.prototype.toString.call(object);
  return tag === "[object Map]" || tag === "[object Set]" || tag === "[object Array]";
}
