/**
 * The corpus: scenarios as files, each with the transcript of what core told and sent, and an index of what each file shows.
 */

import { type DuelResult, duel } from "./duel.ts";
import { createDuelHost } from "./duel-host.ts";
import type { Scenario } from "./scenario.ts";
import { formatScenario, TRANSCRIPT } from "./scenario-text.ts";

/** A scenario that was played, with all that core and the model told. */
export interface Played extends DuelResult {
  readonly transcript: readonly string[];
}

export function playScenario(scenario: Scenario): Played {
  const transcript: string[] = [];
  const result = duel(scenario, createDuelHost(), (line) => transcript.push(line));
  return { ...result, transcript };
}

/** The transcript of a file. */
export function transcriptOf(file: string): string[] {
  const lines = file.split("\n").filter((line) => line.startsWith(TRANSCRIPT));
  return lines.map((line) => line.slice(TRANSCRIPT.length));
}

/** The file of a scenario. */
export function fileOf(scenario: Scenario, { transcript }: Played): string {
  const lines = transcript.map((line) => `${TRANSCRIPT}${line}`);
  return `${formatScenario(scenario)}\n${lines.join("\n")}\n`;
}

/** The words of the steps, without the transmissions, each word once in a row. */
function toldWords(transcript: readonly string[]): string[] {
  const kinds = transcript.map((line) => {
    const [word, rule] = line.split(" ");
    return word === "violation" ? rule! : word!.replace(":", "");
  });
  const told = kinds.filter((kind) => kind !== "sends" && kind !== "open");
  return told.filter((kind, index) => kind !== told[index - 1]);
}

const MOST_WORDS = 5;

/** A name that tells the role and what is told. */
export function nameOf({ setting }: Scenario, { transcript }: Played, hash: string): string {
  const words = toldWords(transcript).filter((word) => word !== "ended");
  const opening = setting.from === "opening" ? ["opening"] : [];
  return `${[setting.role, ...opening, ...words.slice(0, MOST_WORDS), hash].join("-")}.txt`;
}

/** One line for the index. */
export function summaryOf({ setting, acts }: Scenario, { transcript }: Played): string {
  const shown = toldWords(transcript);
  const host = [...new Set(acts.map(({ kind }) => kind))].filter((kind) => kind !== "say");
  const options = [
    setting.pieces ? "pieces" : "",
    setting.isCompressed ? "compressed" : "",
    ...Object.keys(setting.limits).map((name) => `limit ${name}`),
    ...Object.keys(setting.timeouts).map((name) => `timeout ${name}`),
  ].filter((option) => option !== "");
  const parts = [`${setting.role}, ${setting.from}`, options.join(", "), host.join(", ")];
  return `${parts.filter((part) => part !== "").join("; ")} → ${shown.join(", ") || "nothing"}`;
}

/** The index, from the files' names and summaries. */
export function indexOf(entries: readonly (readonly [name: string, summary: string])[]): string {
  const rows = [...entries]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, summary]) => `| [\`${name}\`](${name}) | ${summary.replaceAll("|", "\\|")} |`);
  return [
    "# Corpus",
    "",
    "Scenarios for one endpoint, as plain files. Each line above the arrows is an option of the endpoint or an act, in order:",
    "bytes of the peer in hexadecimal digits (`say`), or what the host does. Behind the arrows stands the transcript: each step that",
    "an endpoint tells, and the bytes that it sends. Masking keys and opening keys come from the source in",
    "`packages/testing/fuzz/duel-host.ts`. `pnpm fuzz --file FILE` plays a file.",
    "",
    "`pnpm fuzz:coverage` has found the files: each was the first to reach a part of core, or a pair of steps, that the files",
    "before it did not reach. `packages/testing/test/fuzz/corpus.test.ts` plays all of them on Node, Deno and Bun.",
    "",
    "| file | the endpoint; its options; what its host does → what it tells |",
    "| --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
