/**
 * The verdict put to an endpoint that listens: a server in any language, by its URL, over real connections. The package opens no
 * connection by itself: {@link Connect} does, so that this file needs no runtime.
 */
import fc from "fast-check";
import { brokenConversations } from "../generators/broken-conversations.ts";
import { type Conversation, conversationOf, conversations } from "../generators/conversations.ts";
import { type CuttingPlan, cut, cuttingPlans } from "../generators/cuttings.ts";
import {
  brokenHandshakeRequests,
  type HandshakeRequest,
  handshakeRequests,
} from "../generators/handshake-requests.ts";
import { shownAs } from "../generators/shown.ts";
import { judge, showEnd } from "../oracle/outcome.ts";
import { judgeOutput } from "../oracle/output.ts";
import type { RuleName } from "../oracle/rules.ts";
import { type End, type Verdict, verdictOf } from "../oracle/verdict.ts";
import { joinBytes } from "../wire/bytes.ts";
import { encodeFrame } from "../wire/frame.ts";
import { readFrames } from "../wire/frame-reader.ts";
import { dumpFrames } from "../wire/hex-dump.ts";
import { encodeText } from "../wire/text.ts";
import { checkLawAsync, LawBroken, type LawOptions } from "./law.ts";
import { judgeResponse, readHead } from "./opening-verdict.ts";

/** A connection over TCP or TLS, as the law needs it. */
export interface ByteConnection {
  /** Sends the bytes. What goes wrong shows at the next read. */
  write(bytes: Uint8Array): void;
  /**
   * The next bytes; null when the peer has ended its stream, or has reset the connection. Rejects when nothing comes for some
   * seconds: then the law says that the endpoint is silent.
   */
  read(): Promise<Uint8Array | null>;
  /** Ends the connection in both directions. */
  close(): void;
}

/** Opens a connection to a host and a port. */
export type Connect = (address: {
  readonly hostname: string;
  readonly port: number;
}) => Promise<ByteConnection>;

/** Which endpoint is tried, and how. */
export interface ListeningLawOptions extends Omit<LawOptions, "extensions" | "role"> {
  /** Where it listens: "ws://127.0.0.1:8080/chat". For "wss:", `connect` opens TLS connections. */
  readonly url: string;
  /** Opens connections. */
  readonly connect: Connect;
  /** The endpoint sends every message back: the messages are compared. Default false: only ends and pongs are. */
  readonly echoes?: boolean;
  /**
   * The endpoint may end the connection without a Close when a rule is broken: RFC 6455 §7.1.7 says that it SHOULD send one.
   * Default false.
   */
  readonly mayEndBare?: boolean;
  /** Only conversations that break these rules are tried. Default: all, and lawful conversations. */
  readonly rules?: readonly RuleName[];
}

interface Address {
  readonly hostname: string;
  readonly port: number;
  readonly host: string;
  readonly path: string;
}

/** RFC 6455 §3, by hand: this package has no URL. */
function addressOf(url: unknown): Address {
  const parts = /^(wss?):\/\/(\[[^\]]+\]|[^:/?#]+)(?::(\d{1,5}))?([/?][^#]*)?$/.exec(String(url));
  if (typeof url !== "string" || parts === null) {
    throw new RangeError(`url is ${String(url)}: give one like "ws://127.0.0.1:8080/chat"`);
  }
  const [, scheme, name = "", port, path = "/"] = parts;
  return {
    hostname: name.replace(/^\[|\]$/g, ""),
    port: Number(port ?? (scheme === "ws" ? 80 : 443)),
    host: port === undefined ? name : `${name}:${port}`,
    path: path.startsWith("/") ? path : `/${path}`,
  };
}

interface ListeningExample {
  readonly conversation: Conversation;
  readonly plan: CuttingPlan;
}

const LAST_KEY = Uint8Array.of(1, 2, 3, 4);
const CLOSE = { fin: true, rsv: 0, opcode: 8, payload: Uint8Array.of(0x03, 0xe8), key: LAST_KEY };

/** A lawful conversation ends with a Close of ours, so that there is an end to wait for. */
function ended({ frames }: Conversation): Conversation {
  const { ends } = verdictOf(joinBytes(frames.map(encodeFrame)), { role: "server" });
  return conversationOf(ends.some(({ kind }) => kind === "open") ? [...frames, CLOSE] : frames);
}

function anyExample(rules: readonly RuleName[] | undefined): fc.Arbitrary<ListeningExample> {
  // Bytes behind the broken frame could reset the connection, and the Close of the endpoint would be lost.
  const broken = brokenConversations("server", { rules, isLast: true });
  const lawful = conversations("server").map(ended);
  const conversation: fc.Arbitrary<Conversation> =
    rules === undefined ? fc.oneof({ withCrossShrink: true }, lawful, broken) : broken;
  return fc
    .record({ conversation, plan: cuttingPlans() })
    .map((example) =>
      shownAs(example, ({ conversation: { bytes }, plan }) =>
        dumpFrames(bytes, { cutting: plan(bytes.length) }),
      ),
    );
}

/**
 * A server that listens does with any conversation what RFC 6455 wants: it answers pings and the Close, and fails the
 * connection with the right close code when a rule is broken. Rejects with the smallest counterexample. Each run opens a
 * connection: default 200 runs.
 */
export async function listeningLaw(options: ListeningLawOptions): Promise<void> {
  const { address, connect, rest } = given("listeningLaw", options);
  const { echoes = false, mayEndBare = false, rules, ...law } = rest;
  const property = fc.asyncProperty(anyExample(rules), async ({ conversation, plan }) => {
    const { bytes } = conversation;
    const verdict = verdictOf(bytes, { role: "server" });
    const output = await talk(connect, address, cut(bytes, plan(bytes.length)));
    const fault = judgeTalk(output, verdict, { echoes, mayEndBare });
    if (fault !== null) throw new LawBroken(`${fault}\nthe endpoint sent\n${dumpFrames(output)}`);
  });
  await checkLawAsync("listeningLaw", options.url, property, { runs: 200, ...law });
}

/**
 * A server that listens answers requests that are right with 101, and others with a status that RFC 6455 allows. Rejects with
 * the smallest counterexample. Each run opens a connection: default 200 runs.
 */
export async function listeningOpeningLaw(
  options: Omit<ListeningLawOptions, "echoes" | "mayEndBare" | "rules">,
): Promise<void> {
  const { address, connect, rest } = given("listeningOpeningLaw", options);
  const requests = fc.oneof(
    { withCrossShrink: true },
    handshakeRequests(address),
    brokenHandshakeRequests(address),
  );
  const property = fc.asyncProperty(requests, async (request: HandshakeRequest) => {
    const connection = await connect(address);
    try {
      connection.write(request.bytes);
      const { head } = await readToHead(connection);
      const fault = judgeResponse(request, head);
      if (fault !== null) throw new LawBroken(fault);
    } finally {
      connection.close();
    }
  });
  await checkLawAsync("listeningOpeningLaw", options.url, property, { runs: 200, ...rest });
}

function given<Options extends { readonly url: string; readonly connect: Connect }>(
  law: string,
  options: Options,
): { address: Address; connect: Connect; rest: Omit<Options, "url" | "connect"> } {
  if (typeof options !== "object" || options === null) {
    throw new RangeError(`the options of ${law} are ${String(options)}: give { url, connect }`);
  }
  const { url, connect, ...rest } = options;
  if (typeof connect !== "function") {
    throw new RangeError(`connect is ${typeof connect}: give a function that opens a connection`);
  }
  return { address: addressOf(url), connect, rest };
}

async function readToHead(connection: ByteConnection): Promise<{
  readonly head: ReturnType<typeof readHead>;
  readonly behind: Uint8Array;
}> {
  let bytes: Uint8Array = new Uint8Array(0);
  for (;;) {
    const head = readHead(bytes);
    if (head !== null) {
      const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
      return { head, behind: bytes.slice(text.indexOf("\r\n\r\n") + 4) };
    }
    const more = await connection.read();
    if (more === null) return { head, behind: bytes };
    bytes = joinBytes([bytes, more]);
  }
}

/** Opens, says everything, and reads to the end of the stream or to the endpoint's Close. */
async function talk(
  connect: Connect,
  { hostname, port, host, path }: Address,
  pieces: readonly Uint8Array[],
): Promise<Uint8Array> {
  const connection = await connect({ hostname, port });
  try {
    connection.write(
      encodeText(
        `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
      ),
    );
    const { head, behind } = await readToHead(connection);
    if (head?.status !== 101) {
      throw new LawBroken(`the opening handshake was answered with ${head?.status ?? "no status"}`);
    }
    let output = behind;
    for (const piece of pieces) connection.write(piece);
    for (;;) {
      if (readFrames(output).some(({ opcode, isWhole }) => opcode === 8 && isWhole)) return output;
      const more = await connection.read();
      if (more === null) return output;
      output = joinBytes([output, more]);
    }
  } finally {
    connection.close();
  }
}

/** Codes with which an endpoint says that the peer is at fault (RFC 6455 §7.4.1). */
const FAILURES = [1002, 1003, 1007, 1008, 1009, 1010, 1011];

function judgeTalk(
  output: Uint8Array,
  verdict: Verdict,
  { echoes, mayEndBare }: { readonly echoes: boolean; readonly mayEndBare: boolean },
): string | null {
  const sent = verdictOf(output, { role: "client" });
  const end = endOf(sent, verdict);
  const wanted = verdict.ends.map(showEnd).join(" or ");
  if (end === null) {
    const mustClose = verdict.ends.every(({ kind }) => kind === "close");
    if (mayEndBare && !mustClose) return null;
    return `the connection ended without a Close of the endpoint; wanted: ${wanted}`;
  }
  const messages = echoes ? sent.messages : verdict.messages;
  const outcome = { messages, pings: null, pongs: null, end };
  return judge(outcome, verdict) ?? judgeOutput(output, "server", outcome, verdict);
}

/** How the endpoint ended, read from its Close: an echo of ours, or a failure. */
function endOf(sent: Verdict, { ends }: Verdict): End | null {
  const [close] = sent.ends;
  if (close?.kind !== "close") return null;
  const answered = ends.find(({ kind }) => kind === "close");
  const isEcho = answered?.kind === "close" && answered.code === close.code;
  if (isEcho || (answered !== undefined && !FAILURES.includes(close.code ?? 0))) return answered;
  return { kind: "failure", code: close.code ?? 1005 };
}
