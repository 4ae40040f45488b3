/**
 * A class that stands for a class which is loaded at the first use: `new`, `instanceof`, `extends` and the members of the class
 * reach the loaded class.
 */
export function lateClass<Class extends new (...given: never[]) => object>(
  load: () => Class,
): Class {
  // A bound class has no prototype of its own. So no rule about proxies forbids to answer with that of the loaded class.
  const stand = class {}.bind(null) as unknown as Class;
  const late: Class = new Proxy(stand, {
    construct: (_, given, target) =>
      Reflect.construct(load(), given, target === late ? load() : target) as object,
    apply: (_, self, given) => Reflect.apply(load() as never, self, given),
    get: (_, name) => Reflect.get(load(), name),
    has: (_, name) => Reflect.has(load(), name),
    getPrototypeOf: () => Reflect.getPrototypeOf(load()),
  });
  return late;
}
