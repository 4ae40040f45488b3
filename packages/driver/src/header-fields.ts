/** Header fields as applications like to write them, and the list that the engine takes. */
import { type HeaderList, MisuseError } from "@sansocket/core";

/** `Headers`, an object, or pairs: what `fetch` takes. */
export type HeaderFields =
  | HeaderList
  | Readonly<Record<string, string>>
  | Iterable<readonly [string, string]>;

/** @throws MisuseError for a value that is none of these. Core judges the names and values of the fields. */
export function headerList(fields: HeaderFields | undefined): HeaderList {
  if (fields === undefined) return [];
  if (typeof fields !== "object" || fields === null) {
    throw new MisuseError("headers are a Headers, an object, or pairs of name and value");
  }
  if (Symbol.iterator in fields) {
    const list = Array.from(fields as Iterable<readonly [string, string]>);
    const odd = list.findIndex((pair) => !Array.isArray(pair) || pair.length !== 2);
    if (odd === -1) return list;
    throw new MisuseError(`headers[${odd}] is not a pair of name and value`);
  }
  return Object.entries(fields);
}
