import { describe, expect, test } from "vitest";
import { LIMITS, readClientMessage } from "../src/protocol.ts";

const joinAs = (name: string): ReturnType<typeof readClientMessage> =>
  readClientMessage(JSON.stringify({ type: "join", room: "lobby", name }));
const joinIn = (room: string): ReturnType<typeof readClientMessage> =>
  readClientMessage(JSON.stringify({ type: "join", room, name: "Ada" }));
const say = (text: string): ReturnType<typeof readClientMessage> =>
  readClientMessage(JSON.stringify({ type: "say", key: "k", text }));

describe("a name without ink is refused", () => {
  test.each([
    ["Hangul filler", "\u3164"],
    ["half-width Hangul filler", "\uffa0"],
    ["Hangul choseong filler", "\u115f"],
    ["Hangul jungseong filler", "\u1160"],
    ["braille blank", "\u2800"],
    ["combining grapheme joiner", "\u034f"],
    ["Khmer inherent vowels", "\u17b4\u17b5"],
    ["Mongolian vowel separator", "\u180e"],
    ["variation selector", "\ufe0f"],
    ["variation selector of the supplement", "\u{e0100}"],
    ["tag characters", "\u{e0041}\u{e0064}"],
    ["invisible times", "\u2062"],
    ["word joiner", "\u2060"],
    ["musical null notehead", "\u{1d159}"],
    ["Egyptian full blank", "\u{13441}"],
    ["object replacement", "\ufffc"],
    ["an acute accent upon nothing", "\u0301"],
    ["marks upon marks", "\u0300\u0301\u0302"],
    ["a private character", "\ue000"],
    ["a character that Unicode has not assigned", "\u0378"],
    ["spaces of all kinds", "\u00a0\u2003\u3000"],
  ])("%s, as a name and as a room", (_what, text) => {
    expect(joinAs(text)).toMatchObject({ type: "refused", why: expect.stringMatching(/^A name/) });
    expect(joinIn(text)).toMatchObject({
      type: "refused",
      why: expect.stringMatching(/^The name/),
    });
  });

  test.each([
    ["Hangul filler", "A\u3164da"],
    ["braille blank", "Ada\u2800"],
    ["combining grapheme joiner", "A\u034fda"],
    ["soft hyphen", "A\u00adda"],
    ["zero width joiner between letters", "A\u200dda"],
    ["variation selector behind a letter", "A\ufe0fda"],
    ["tag characters behind a letter", "Ada\u{e0041}"],
  ])("%s inside of a name", (_what, text) => {
    expect(joinAs(text)).toMatchObject({ why: expect.stringMatching(/cannot be seen/) });
  });

  test.each([
    ["a mark that would stand upon what is before the name", "\u0301Ada", /begins with a mark/],
    ["a tower of marks", `A${"\u0301".repeat(9)}da`, /marks/],
  ])("%s", (_what, text, why) => {
    expect(joinAs(text)).toMatchObject({ type: "refused", why: expect.stringMatching(why) });
  });

  test("a name that normalisation makes too long is refused", () => {
    expect(joinAs("\ufdfa\ufdfa")).toMatchObject({ why: expect.stringMatching(/at most 24/) });
    expect(LIMITS.name).toBe(24);
  });
});

describe("a message without ink is empty", () => {
  test.each(["\u3164", "\u2800 \u2800", "\ufe0f", "\u200d", "\u034f"])("%j", (text) => {
    expect(say(text)).toMatchObject({ type: "refused", why: "A message is empty", key: "k" });
  });

  test.each(["می\u200cخواهم", "👩\u200d👧", "❤\ufe0f", "ㅤ!", "e\u0301"])("%j is not", (text) => {
    expect(say(text)).toMatchObject({ type: "say", text });
  });
});

describe("a name is normalised (NFKC)", () => {
  test.each([
    ["full-width letters", "Ａｄａ", "Ada"],
    ["mathematical letters", "𝐀𝓭𝕒", "Ada"],
    ["a ligature", "ﬁn", "fin"],
    ["a letter and its mark", "Zoe\u0308", "Zoë"],
    ["spaces of other kinds", "Ada\u00a0\u3000L", "Ada L"],
  ])("%s", (_what, given, kept) => {
    expect(joinAs(given)).toMatchObject({ type: "join", name: kept });
    expect(joinIn(given)).toMatchObject({ type: "join", room: kept.toLowerCase() });
  });

  test.each([
    "Łukasz",
    "Ελένη",
    "Дмитрий",
    "田中 たろう",
    "김민준",
    "שָׁלוֹם",
    "नमस्ते",
    "Ada ❤\ufe0f",
    "👩\u200d🚀",
    "O’Hara-Ng",
    "R2D2",
    "สวัสดี",
  ])("%s may be a name", (name) => {
    expect(joinAs(name)).toMatchObject({ type: "join", name: name.normalize("NFKC") });
  });

  test.each([
    ["Latin and Cyrillic", "Аda"],
    ["Latin and Greek", "Αda"],
    ["Latin and Cherokee", "Ꭺda"],
    ["Latin and Armenian", "Bօb"],
    ["Cyrillic and Greek", "Аνα"],
  ])("%s in one name are refused: their letters look alike", (_what, name) => {
    expect(joinAs(name)).toMatchObject({ why: expect.stringMatching(/two alphabets/) });
  });
});
