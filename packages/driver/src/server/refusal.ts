/** What is said of a request that the engine has refused: to whoever asked, and to the application. */
import { headerValues, type Refusal } from "@sansocket/core";
import { describeViolation } from "@sansocket/core/describe";

/** What to do, for those refusals that people meet who have done nothing wrong but a setting. */
const HINTS: { readonly [kind: string]: string | undefined } = {
  "upgrade-missing":
    "The Upgrade header is missing: a proxy in front of the server must pass it on, with Connection: Upgrade and HTTP/1.1.",
  "connection-upgrade-missing":
    "The Connection header does not say Upgrade: a proxy in front of the server must pass it on.",
  "version-unsupported": "This server speaks version 13 of the protocol (RFC 6455).",
  "key-missing": "Sec-WebSocket-Key is missing: a proxy in front of the server must pass it on.",
  "method-not-get": "A WebSocket is asked for with GET.",
};

/**
 * The body of the refusal, plain text. It says what was asked and not what is allowed: whoever reads it may be a stranger.
 * What the peer has sent is shown as a string of JSON, and so cannot begin a line.
 */
export function explainToPeer(refusal: Refusal): string {
  const { fault } = refusal;
  const what = `${describeViolation({ closeCode: 0, ...fault, status: 0 })}.`;
  const sentence = what[0]!.toUpperCase() + what.slice(1);
  return `${[sentence, ...detailsOf(refusal), HINTS[fault.kind]].filter(Boolean).join("\n")}\n`;
}

function detailsOf({ fault, headers, host }: Refusal): string[] {
  if (fault.kind === "origin-refused") {
    const origin = shownOrigin(headers);
    return [
      `The page is of the origin ${origin}, the request is for the host ${quoted(host)}.`,
      "The server's option allowedOrigins names the origins of the pages that may connect.",
    ];
  }
  if (fault.kind === "host-refused") {
    return [
      `The request is for the host ${quoted(host)}.`,
      "The server's option allowedHosts names the hosts that it answers for.",
    ];
  }
  return [];
}

/** What `error` is told: what was asked, what was expected, and which option decides. */
export function explainToApplication(
  refusal: Refusal,
  allowedOrigins: readonly string[] | null,
): string {
  const { fault, headers, host, ownOrigin } = refusal;
  const what = `a request was refused: ${describeViolation({ closeCode: 0, ...fault })}`;
  if (fault.kind === "origin-refused") {
    const origin = shownOrigin(headers);
    const expected =
      allowedOrigins === null
        ? ownOrigin === null
          ? "nobody can tell this server's own origin"
          : `this server's own origin is ${quoted(ownOrigin)}`
        : `allowedOrigins has ${allowedOrigins.map(quoted).join(", ") || "none"}`;
    const proxy =
      allowedOrigins === null
        ? "; behind a proxy that ends TLS or changes Host, set trustProxy"
        : "";
    return `${what}: the page is of ${origin}, and ${expected}. To let it in, give allowedOrigins: [${origin}]${proxy}`;
  }
  if (fault.kind === "host-refused") {
    return `${what}: the request is for ${quoted(host)}. To answer for it, add it to allowedHosts`;
  }
  const hint = HINTS[fault.kind];
  return hint === undefined ? what : `${what}. ${hint}`;
}

function shownOrigin(headers: Refusal["headers"]): string {
  return quoted(headerValues(headers, "origin")[0] ?? "");
}

const MOST_CHARACTERS = 200;

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, MOST_CHARACTERS));
}

/**
 * Printed where there is no `error` hook, once for each server: developers meet them first, and a stranger who repeats them
 * shall not fill a log.
 */
export const PRINTED_ONCE: ReadonlySet<string> = new Set([
  "origin-refused",
  "host-refused",
  "upgrade-missing",
  "connection-upgrade-missing",
]);
