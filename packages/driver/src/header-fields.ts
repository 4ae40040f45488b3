/** Header fields as applications like to write them, and the list that the engine takes. */
import { type HeaderList, MisuseError } from "@sansocket/core";

/** `Headers`, an object, or pairs: what `fetch` takes. */
export type HeaderFields =
  | HeaderList
  | Readonly<Record<string, string>>
  | Iterable<readonly [string, string]>;

/** @throws MisuseError for what is none of these; what stands in them is core's to judge. */
export function headerList(fields: HeaderFields | undefined): HeaderList {
  if (fields === undefined) return [];
  if (typeof fields !== "object" || fields === null) {
    throw new MisuseError("headers are a Headers, an object, or pairs of name and value");
  }
  if (Symbol.iterator in fields) {
    return Array.from(fields as Iterable<readonly [string, string]>);
  }
  return Object.entries(fields);
}
