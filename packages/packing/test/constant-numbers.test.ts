/** Numbers in place of the members of constant objects, in what is published. */
import { readFileSync } from "node:fs";
import { constantObjectsOf, withNumbers } from "@sansocket/workshop/constant-numbers";
import { expect, test } from "vitest";

const PHASE = "export const Phase = { Opening: 0, Open: 3, Late: 1234567890123 } as const;\n";
const PHASES = constantObjectsOf(PHASE);

const imported = 'import { Phase } from "./phase.ts";\n';

const cases: readonly [what: string, code: string, numbers: string][] = [
  ["of the module itself", `${PHASE}x = Phase.Open;`, `${PHASE}x = 3         ;`],
  ["of a module beside it", `${imported}x = Phase.Open;`, `${imported}x = 3         ;`],
  ["in a case", `${imported}case Phase.Opening:`, `${imported}case 0            :`],
  ["no member of that name", `${imported}x = Phase.Over;`, `${imported}x = Phase.Over;`],
  ["a number longer than its name", `${imported}x = Phase.Late;`, `${imported}x = Phase.Late;`],
  ["a field of that name", `${imported}x = a.Phase.Open;`, `${imported}x = a.Phase.Open;`],
  [
    "of another package",
    'import { Phase } from "@a/b";\nx = Phase.Open;',
    'import { Phase } from "@a/b";\nx = Phase.Open;',
  ],
];

test.each(cases)("%s", (_what, code, numbers) => {
  const found = withNumbers(code, (path, name) =>
    path === "./phase.ts" ? PHASES.get(name) : undefined,
  );
  expect(found).toBe(numbers);
});

test("comments between members count for nothing", () => {
  const code =
    "const Taking = {\n  AtOnce: 0,\n  /** Later, or never. */\n  Later: 0x1, // yes\n} as const;";
  expect([...(constantObjectsOf(code).get("Taking") ?? [])]).toEqual([
    ["AtOnce", "0"],
    ["Later", "0x1"],
  ]);
});

test("the published core asks no object for the phase of a connection", () => {
  const connection = readFileSync(
    new URL("../../core/dist/connection.js", import.meta.url),
    "utf8",
  );
  expect(connection).toContain(".phase");
  expect(connection).not.toMatch(/\bPhase\.[A-Z]/);
});
