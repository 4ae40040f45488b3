/** Header fields as applications like to write them, and the list that the engine takes. */
import type { HeaderList } from "@sansocket/core";

/** `Headers`, an object, or pairs: what `fetch` takes. */
export type HeaderFields =
  | HeaderList
  | Readonly<Record<string, string>>
  | Iterable<readonly [string, string]>;

export function headerList(fields: HeaderFields | undefined): HeaderList {
  if (fields === undefined) return [];
  if (Symbol.iterator in fields) {
    return Array.from(fields as Iterable<readonly [string, string]>);
  }
  return Object.entries(fields);
}
