/** Options that are handed on: a member that is undefined is a member that was not given. */

/** Without the members that are undefined, which `exactOptionalPropertyTypes` tells from absent ones. */
export function definedMembers<T extends object>(
  fields: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
