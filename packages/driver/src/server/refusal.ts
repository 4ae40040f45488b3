/** The texts about a refused request: for the client that asked, and for the application. */
import { headerValues, type Refusal } from "@sansocket/core";
import { describeViolation } from "@sansocket/core/describe";

/** Advice for refusals that often come from a wrong setting. */
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
 * The body of the refusal, plain text. The body names the value that the client asked for, and does not name the allowed
 * values, because the reader may be a stranger. Text of the peer is shown as a string of JSON, so that such text cannot begin a
 * line.
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

/**
 * The reason for an answer of the server's own, to a request that is not at fault, or to a request that the server does not
 * take.
 */
export type OwnAnswer =
  | "request-late"
  | "body-too-long"
  | "hook-failed"
  | "decision-late"
  | "shut-down"
  | "not-taken"
  | "rewritten";

const OWN_ANSWERS: Readonly<Record<OwnAnswer, readonly [status: number, text: string]>> = {
  "request-late": [
    408,
    "The request was not complete in time. The server's option timeouts.handshake says how long it waits.",
  ],
  "body-too-long": [
    413,
    "The body of the request is longer than 65,536 bytes. This server reads no longer bodies.",
  ],
  "hook-failed": [
    500,
    "The server failed while it decided about the request. The server's error hook was told why.",
  ],
  "decision-late": [
    503,
    "The server has not decided about the request in time. The server's option timeouts.handshake says how long it may take.",
  ],
  "shut-down": [503, "The server is shutting down. Try again later."],
  "not-taken": [
    503,
    "The server has as many connections as it may have, or is shutting down. Try again later.",
  ],
  rewritten: [
    400,
    "Something in front of this server has changed the request, and its parts are not those of a request any more.",
  ],
};

/**
 * The status, and plain text that gives the reason. The text names no place and no error of the server, because a stranger may
 * read the text.
 */
export function ownAnswer(why: OwnAnswer): {
  readonly status: number;
  readonly answer: { readonly headers: [string, string][]; readonly body: string };
} {
  const [status, text] = OWN_ANSWERS[why];
  const headers: [string, string][] = [
    ["Content-Type", "text/plain; charset=utf-8"],
    ["X-Content-Type-Options", "nosniff"],
  ];
  return { status, answer: { headers, body: `${text}\n` } };
}

/** The body of the answer at the end of `timeouts.handshake`. */
export function explainTimeout(status: 408 | 503): string {
  return ownAnswer(status === 408 ? "request-late" : "decision-late").answer.body;
}

/** The message for the `error` hook: the request, the expected value, and the option that decides. */
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
 * The codes of errors that are printed when there is no `error` hook: without the print, a developer would look for the cause
 * in vain.
 */
export const PRINTED: ReadonlySet<string> = new Set([
  "hook-failed",
  "engine-failed",
  "source-failed",
  "unsent-limit",
  "accept-failed",
]);

/**
 * The codes of errors that are printed where there is no `error` hook, once for each server. Developers meet these errors
 * first, so the errors are printed. A stranger may cause the same error many times, so each error is printed only once and
 * fills no log.
 */
export const PRINTED_ONCE: ReadonlySet<string> = new Set([
  "origin-refused",
  "host-refused",
  "upgrade-missing",
  "connection-upgrade-missing",
]);
