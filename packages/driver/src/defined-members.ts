/** Options for another function: a member that is undefined counts as a member that was not given. */

/**
 * Leaves out the members that are undefined, because `exactOptionalPropertyTypes` tells undefined members from absent members.
 */
export function definedMembers<T extends object>(
  fields: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
