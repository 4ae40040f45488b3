/**
 * The second argument of the constructors: the standard's members and the options of `connect`. This file converts the members,
 * and other files judge them.
 */
import { givenOptions, MisuseError } from "@sansocket/core";
import { CONNECT_OPTION_NAMES, type ConnectOptions } from "../client/connect-options.ts";
import { dictionary, requireAbortSignal, stringSequence } from "./web-idl.ts";

export type ClassOptions = ConnectOptions<unknown> & { readonly protocols: readonly string[] };

/**
 * The second argument of WebSocket: (DOMString or sequence<DOMString>), or our options. Our options are an object that cannot be
 * looped over. As text, such an object would be no subprotocol anyway.
 */
export function webSocketOptions(given: unknown): ClassOptions {
  const isFunction = typeof given === "function";
  if ((typeof given === "object" && given !== null) || isFunction) {
    if (isIterable(given)) return { protocols: stringSequence(given, "protocols") };
    if (!isFunction) {
      const { protocols = [], ...options } = connectMembers(given);
      requireAbortSignal(options.signal, "options.signal");
      const list = typeof protocols === "string" ? [protocols] : protocols;
      // Unknown names stay, so that an error names them.
      return { ...given, ...options, protocols: stringSequence(list, "options.protocols") };
    }
  }
  return { protocols: [`${given as string}`] };
}

/**
 * `ws` takes the options as a third argument. Web IDL leaves out an argument too many, and then the server would see no
 * credentials.
 * @throws MisuseError
 */
export function refuseThirdArgument(given: unknown): void {
  if (typeof given !== "object" || given === null) return;
  throw new MisuseError(
    "the options are the second argument here: new WebSocket(url, { protocols, headers })",
  );
}

/** The second argument of WebSocketStream, a dictionary: unknown names are ignored. */
export function webSocketStreamOptions(given: unknown): ClassOptions {
  const { protocols = [], ...options } = connectMembers(dictionary(given, "the options"));
  const list = stringSequence(protocols, "protocols");
  requireAbortSignal(options.signal, "options.signal");
  return { ...options, protocols: list };
}

/** The members that the standard has. Web IDL reads such a member of an object from any place in the chain of prototypes. */
const STANDARD_NAMES: ReadonlySet<string> = new Set(["protocols", "signal"]);

/**
 * Reads each member once. A member that the standard does not know is not read from the prototype that every object has, because
 * the member may decide about trust.
 */
function connectMembers(given: object): ConnectOptions<unknown> {
  const members: [string, unknown][] = [];
  const own = typeof given === "function" ? given : givenOptions("the options", given);
  for (const name of CONNECT_OPTION_NAMES) {
    const isStandard = STANDARD_NAMES.has(name) && !(name in own);
    const value: unknown = ((isStandard ? given : own) as ConnectOptions<unknown>)[name];
    if (value !== undefined) members.push([name, value]);
  }
  return Object.fromEntries(members);
}

function isIterable(given: object): boolean {
  const iterate = (given as Partial<Iterable<unknown>>)[Symbol.iterator];
  return iterate !== undefined && iterate !== null;
}
