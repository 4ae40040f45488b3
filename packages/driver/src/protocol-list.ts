/** Subprotocols as applications give them, to servers and clients alike. */
import { checkProtocols, MisuseError } from "@sansocket/core";

/**
 * @param given one, or several, the most wanted first.
 * @returns a list of our own, so that nobody changes the list after the check.
 * @throws MisuseError for a value that is neither, for a text that is no token, and for a token that is given twice (RFC 6455
 * §4.1, number 10).
 */
export function protocolList(given: string | readonly string[] | undefined): readonly string[] {
  if (given === undefined) return [];
  const list = typeof given === "string" ? [given] : given;
  if (!Array.isArray(list)) {
    throw new MisuseError("options.protocols is neither a string nor a list of strings");
  }
  checkProtocols(list);
  return [...list];
}
