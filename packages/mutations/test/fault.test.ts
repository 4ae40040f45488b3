/** Patches are read strictly, and planted at one place only. */
import { describe, expect, test } from "vitest";
import { plant, readFault } from "../src/fault.ts";

const FACTS = "Fault: the mask is ignored\nRule: RFC 6455 §5.3\nLaws: verdictLaw, cuttingLaw\n\n";
const HUNK = "@@ -7,2 +7,2 @@\n const key = 1;\n-unmask(key);\n+unmask(0);\n";
const PATCH = `${FACTS}--- a/packages/core/src/a.ts\n+++ b/packages/core/src/a.ts\n${HUNK}`;
const CHANGE = readFault("mask", PATCH).changes[0]!;

describe("a patch", () => {
  test("has its facts above what git writes", () => {
    expect(readFault("mask", PATCH)).toEqual({
      name: "mask",
      what: "the mask is ignored",
      section: "RFC 6455 §5.3",
      laws: ["verdictLaw", "cuttingLaw"],
      once: "",
      open: "",
      changes: [
        {
          file: "packages/core/src/a.ts",
          oldText: "const key = 1;\nunmask(key);\n",
          newText: "const key = 1;\nunmask(0);\n",
        },
      ],
    });
  });

  test("plants its fault wherever the lines stand", () => {
    const source = "// one more line\nconst key = 1;\nunmask(key);\nrest();\n";
    expect(plant("mask", CHANGE, source)).toBe(
      "// one more line\nconst key = 1;\nunmask(0);\nrest();\n",
    );
  });

  test.each([
    ["without facts", PATCH.slice(FACTS.length), /has no line "Fault/],
    ["with a misspelt fact", PATCH.replace("Rule", "Rules"), /"Rules: .*" is no fact/],
    ["that changes nothing", FACTS, /changes nothing/],
    [
      "of two files at once",
      PATCH.replace("b/packages/core", "b/packages/driver"),
      /of the same file/,
    ],
    ["with a wrong count", PATCH.replace("-7,2", "-7,3"), /has 2 old and 2 new lines/],
  ])("%s is refused", (_what, patch, says) => {
    expect(() => readFault("mask", patch)).toThrow(says);
  });

  test("that fits no more says so, with the lines and the remedy", () => {
    expect(() => plant("mask", CHANGE, "const key = 1;\nunmaskAll(key);\n")).toThrow(
      /mask\.patch does not fit packages\/core\/src\/a\.ts any more.*\n {2}\| const key = 1;\n[\s\S]*git diff -U1/,
    );
  });

  test("that fits two places is refused", () => {
    const twice = "const key = 1;\nunmask(key);\n".repeat(2);
    expect(() => plant("mask", CHANGE, twice)).toThrow(/more than one place/);
  });
});
