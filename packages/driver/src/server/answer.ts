/** HTTP answers of applications: to requests that ask for no WebSocket, and to requests for a WebSocket that are refused. */
import { type AnswerOptions, isBytes, MisuseError, type PlainHead } from "@sansocket/core";
import { type HeaderFields, headerList } from "../header-fields.ts";
import { checkOptions, type KnownOptions } from "../known-options.ts";
import { judgedLater } from "../option-kinds.ts";

/** The fields and the body of a refusal. */
export interface RejectOptions {
  /** More header lines. Default none. */
  readonly headers?: HeaderFields;
  /** A string is sent as UTF-8, without a Content-Type unless `headers` has one. */
  readonly body?: string | Uint8Array;
}

/** The answer to a `request` hook. The engine writes Content-Length and Connection. */
export interface PlainResponse {
  /** 200 to 599. Default 200. */
  readonly status?: number;
  /** More header lines. Default none. */
  readonly headers?: HeaderFields;
  /** A string is sent as UTF-8. Default: none. */
  readonly body?: string | Uint8Array;
}

/**
 * Turns the answer of the `request` hook into the status and the options of the engine.
 * @throws MisuseError
 */
export function plainAnswer(
  response: PlainResponse,
): readonly [status: number, answer: AnswerOptions] {
  const { status = 200, ...answer } = checkOptions("the answer", response, KNOWN_RESPONSE);
  return [status, answerOf(answer)];
}

/**
 * Turns the options of `reject` into options of the engine.
 * @throws MisuseError
 */
export function rejection(options: RejectOptions): AnswerOptions {
  return answerOf(checkOptions("options", options, KNOWN_REJECTION));
}

/** A body of another type is a mistake: as bytes of an array or of another view, the application would not notice it. */
function answerOf({ headers, body = "" }: RejectOptions): AnswerOptions {
  if (typeof body === "string" || isBytes(body)) return { headers: headerList(headers), body };
  throw new MisuseError(
    "the body of an answer is neither a string nor a Uint8Array; of a Response, give " +
      "new Uint8Array(await response.arrayBuffer())",
  );
}

/** The status is an argument of `reject`, and no option. */
const KNOWN_REJECTION: KnownOptions<RejectOptions> = { headers: judgedLater, body: judgedLater };

const KNOWN_RESPONSE: KnownOptions<PlainResponse> = { ...KNOWN_REJECTION, status: judgedLater };

/** The answer to plain requests of a server without a `request` hook. */
export const UPGRADE_REQUIRED: PlainResponse = {
  status: 426,
  headers: { "Content-Type": "text/plain; charset=utf-8" },
  body:
    "This is a WebSocket server, and the request does not ask for a WebSocket.\n" +
    "If a WebSocket client has sent it, a proxy in front of the server has not passed on the headers Upgrade and Connection.\n",
};

/** Number of bytes of a request's body that the engine reads and drops. The engine refuses a longer body. */
const REQUEST_BODY_LIMIT = 65_536;

/**
 * Whether the body has a Content-Length above the limit. A chunked body does not tell its length: the part above the limit
 * stays unread.
 */
export function hasLongBody(request: PlainHead): boolean {
  return request.contentLength !== null && request.contentLength > REQUEST_BODY_LIMIT;
}
