/** What a test gives to the oracle, the generators and the laws is judged at the call, in words that say what to do. */
import { describe, expect, test } from "vitest";
import {
  brokenConversations,
  brokenDeflateElements,
  brokenHandshakeResponses,
  conversations,
  cut,
  cuttingLaw,
  deadlineLaw,
  deflateElements,
  dumpFrames,
  type Engine,
  type EngineEvent,
  fragmentations,
  frames,
  handshakeRequests,
  handshakes,
  largeMessages,
  listeningLaw,
  type Parser,
  readFrames,
  sansocketEngine,
  streams,
  totalityLaw,
  verdictLaw,
  verdictOf,
  wirePrograms,
} from "../src/index.ts";

const bytes = new Uint8Array(0);
type Call = () => unknown;

describe("a mistake is told at the call:", () => {
  test.each<[string, Call, string]>([
    ["a stream of text", () => readFrames("ab" as never), 'the stream is "ab": give a Uint8Array'],
    [
      "a dump of numbers",
      () => dumpFrames([1] as never),
      "the stream is an array: give a Uint8Array",
    ],
    ["a cut of nothing", () => cut(null as never, []), "the stream is null: give a Uint8Array"],
    [
      "a verdict on text",
      () => verdictOf("ab" as never, { role: "server" }),
      'the stream is "ab": give a Uint8Array',
    ],
    [
      "a verdict without settings",
      () => verdictOf(bytes, undefined as never),
      "the options of verdictOf are undefined: give an object",
    ],
    [
      "a verdict without a role",
      () => verdictOf(bytes, {} as never),
      'the role is undefined: give "client" or "server", the side that receives',
    ],
    [
      "a misspelt setting",
      () => verdictOf(bytes, { role: "server", limit: 5 } as never),
      "verdictOf has no option limit; known are role, messageLimit, judges",
    ],
    [
      "a negative limit",
      () => verdictOf(bytes, { role: "server", messageLimit: -1 }),
      "messageLimit is -1: give a whole number from 0 on",
    ],
    [
      "a way to judge that is none",
      () => verdictOf(bytes, { role: "server", judges: "late" as never }),
      'judges is "late": give "early" or "any time"',
    ],
    [
      "a rule that is none",
      () => brokenConversations("server", { rules: ["x"] as never }),
      'there is no rule "x"; the rules are reserved bit, ',
    ],
    [
      "rules that the peer cannot break",
      () => brokenConversations("server", { rules: ["unwanted mask"] }),
      "a peer of a server cannot break any of the rules unwanted mask",
    ],
    [
      "a misspelt option of a generator",
      () => brokenConversations("server", { rule: [] } as never),
      "brokenConversations has no option rule; known are ",
    ],
    [
      "a message that is none",
      () => fragmentations({ type: "blob" as never, bytes }, "server"),
      'the type of the message is "blob": give "text" or "binary"',
    ],
    [
      "a side that is none",
      () => deflateElements("client" as never),
      'the side is "client": give "offer" or "answer"',
    ],
    [
      "a side that is none, for wrong elements",
      () => brokenDeflateElements(1 as never),
      'the side is 1: give "offer" or "answer"',
    ],
    [
      "a path with a space",
      () => handshakeRequests({ path: "/a b" }),
      'the path is "/a b": give visible ASCII characters, without spaces',
    ],
    [
      "a key with a line end",
      () => brokenHandshakeResponses("a\r\n"),
      "give visible ASCII characters, without spaces",
    ],
    [
      "no parser",
      () => cuttingLaw(undefined as never),
      "cuttingLaw was given undefined: give { name, create(options) }, as the type Parser says",
    ],
    [
      "a parser without a name",
      () => verdictLaw({ create: () => {} } as never),
      "verdictLaw was given { create }: give { name, create(options) }, as the type Parser says",
    ],
    [
      "rules that are none, of a law",
      () => verdictLaw(sansocketEngine(), { rules: ["x" as never] }),
      'there is no rule "x"',
    ],
    [
      "a misspelt option of a law",
      () => verdictLaw(sansocketEngine(), { rule: "x" } as never),
      "the law has no option rule; known are ",
    ],
    [
      "a path without its seed",
      () => totalityLaw(sansocketEngine(), { path: "1:2" }),
      "path is given without a seed",
    ],
    [
      "a path that is none",
      () => totalityLaw(sansocketEngine(), { seed: 1, path: "a" }),
      "path is a: give the path that a report names",
    ],
    [
      "a role that is none, of a law",
      () => totalityLaw(sansocketEngine(), { role: "both" as never }),
      'role is both: give "client" or "server"',
    ],
    [
      "options that are none, of a law",
      () => totalityLaw(sansocketEngine(), null as never),
      "the options of the law are null: give an object",
    ],
  ])("%s", (_, call, says) => {
    expect(call).toThrow(says);
  });

  test.each<[string, (role: never) => unknown]>([
    ["conversations", conversations],
    ["frames", frames],
    ["largeMessages", largeMessages],
    ["wirePrograms", wirePrograms],
    ["streams", streams],
    ["handshakes", handshakes],
  ])("a role that is none, by %s", (_, make) => {
    expect(() => make("sever" as never)).toThrow('the role is "sever": give "client" or "server"');
  });

  test.each<[string, object, string]>([
    [
      "a URL of another scheme",
      { url: "http://localhost/" },
      'url is http://localhost/: give one like "ws://127.0.0.1:8080/chat"',
    ],
    [
      "no connect",
      { url: "ws://localhost/" },
      "connect is undefined: give a function that opens a connection",
    ],
  ])("%s, by a law for listening endpoints", async (_, options, says) => {
    const connect =
      "http" in options || String((options as { url: string }).url).startsWith("http");
    const all = connect ? { ...options, connect: () => {} } : options;
    await expect(listeningLaw(all as never)).rejects.toThrow(says);
  });
});

/** A parser that tells one event. */
function telling(event: unknown): Parser {
  return {
    name: "mine",
    create: () => ({ receive: () => {}, pull: () => [event as EngineEvent] }),
  };
}

describe("a mistake of a binding is told as such, and is no counterexample:", () => {
  test.each<[string, Parser, string]>([
    [
      "create returns nothing",
      { name: "mine", create: () => undefined as never },
      "create of mine returned undefined: return { receive, pull }",
    ],
    [
      "there is no pull",
      { name: "mine", create: () => ({ receive: () => {} }) as never },
      "mine has no pull, which this law needs: see the type Parser",
    ],
    [
      "pull returns nothing",
      { name: "mine", create: () => ({ receive: () => {}, pull: () => undefined as never }) },
      "pull of mine returned undefined: return an array of events",
    ],
    [
      "an event of no kind",
      telling({ kind: "message" }),
      "mine told an event of kind message; the kinds are open, text, ",
    ],
    ["an event that is none", telling(null), "mine told an event of kind undefined"],
    [
      "text as a string",
      telling({ kind: "text", bytes: "a", final: true }),
      "mine told a text whose bytes is string: give a Uint8Array",
    ],
    [
      "a message without final",
      telling({ kind: "text", bytes }),
      "mine told a text whose final is undefined: give a boolean",
    ],
    [
      "a violation without a code",
      telling({ kind: "violation", name: "x" }),
      "mine told a violation whose code is undefined: give a number",
    ],
  ])("%s", (_, parser, says) => {
    expect(() => verdictLaw(parser, { runs: 20 })).toThrow(says);
    expect(() => verdictLaw(parser, { runs: 20 })).toThrow(TypeError);
  });

  test("a parser is put to a law for engines", () => {
    expect(() => deadlineLaw(telling({ kind: "open" }) as Engine, { runs: 5 })).toThrow(
      "mine has no transmit, which this law needs: see the type Engine",
    );
  });
});
