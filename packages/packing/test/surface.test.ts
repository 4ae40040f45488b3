/** A change of what is published is seen in a diff, and nothing is exported without a word. */
import { describe, expect, test } from "vitest";
import { PUBLISHED } from "./published.ts";
import { apiReport, reportPath, undocumentedExports, undocumentedMembers } from "./surface.ts";

describe.each(PUBLISHED)("$manifest.name", (published) => {
  test("has the surface that its report shows: `pnpm api:update` writes the reports anew", async () => {
    await expect(apiReport(published)).toMatchFileSnapshot(reportPath(published));
  });

  test("exports nothing without a comment that says what it is", () => {
    expect(undocumentedExports(published)).toEqual([]);
  });

  test("has a comment on each member of what it exports", () => {
    expect(undocumentedMembers(published)).toEqual([]);
  });
});
