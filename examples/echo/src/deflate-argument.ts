/**
 * `--deflate[=PARAMETERS]`: permessage-deflate with takeover both ways, less what the parameters of RFC 7692 §7.1 take away,
 * in the form of the header field: `--deflate="server_no_context_takeover; client_max_window_bits=10"`. Beside those four it
 * takes `level`, `memLevel` and `threshold` of the option `perMessageDeflate`.
 */
import type { deflate } from "@sansocket/node";

type DeflateOptions = NonNullable<Parameters<typeof deflate>[0]>;

export const DEFLATE_USAGE = "[--deflate[=PARAMETER[=N];...]]";
export const DEFLATE_HELP: string =
  "PARAMETER of --deflate: server_no_context_takeover, client_no_context_takeover, server_max_window_bits=8..15,\n" +
  "client_max_window_bits=8..15, level=1..9, memLevel=1..9, threshold=BYTES";

/** For `parseArgs`. */
export const DEFLATE = { deflate: { type: "string" } } as const;

/** `parseArgs` knows no value that may be left out: alone, the flag has an empty one. */
export function withEmptyDeflate(args: readonly string[]): string[] {
  return args.map((argument) => (argument === "--deflate" ? "--deflate=" : argument));
}

/** @throws Error that says which parameter is none. What a value may be is the option's to judge. */
export function deflateOptions(
  role: "server" | "client",
  argument: string | undefined,
): DeflateOptions | null {
  if (argument === undefined) return null;
  const takeover = { send: true, receive: true };
  const windowBits: { send?: number; receive?: number } = {};
  const numbers: Record<string, number> = {};
  const server = role === "server" ? "send" : "receive";
  const client = role === "server" ? "receive" : "send";
  for (const part of argument.split(/[;,]/)) {
    const [name, value, ...rest] = part.trim().split("=");
    if (name === "") continue;
    const isNumber = value !== undefined && /^\d+$/.test(value) && rest.length === 0;
    if (name === "server_no_context_takeover" && value === undefined) takeover[server] = false;
    else if (name === "client_no_context_takeover" && value === undefined) takeover[client] = false;
    else if (name === "server_max_window_bits" && isNumber) windowBits[server] = Number(value);
    else if (name === "client_max_window_bits" && isNumber) windowBits[client] = Number(value);
    else if (["level", "memLevel", "threshold"].includes(name!) && isNumber) {
      numbers[name!] = Number(value);
    } else throw new Error(`--deflate: ${part.trim()} is no parameter\n${DEFLATE_HELP}`);
  }
  return { contextTakeover: takeover, windowBits, ...numbers };
}
