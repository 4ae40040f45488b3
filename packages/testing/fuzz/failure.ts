/** A failure as people read it: where core and the model part, the smallest scenario, and the command that plays it again. */
import { formatScenario } from "./scenario-text.ts";
import { type Counterexample, shrink } from "./shrink.ts";

export function describeFailure(failing: Counterexample, replay: string): string {
  const { scenario, difference } = shrink(failing);
  const { act, what, core, model } = difference;
  const where =
    act < scenario.acts.length
      ? `at act ${act + 1} of ${scenario.acts.length}`
      : "behind the last act";
  return [
    `core and the model part ${where}, over ${what}:`,
    `  core:  ${core}`,
    `  model: ${model}`,
    "",
    formatScenario(scenario).trimEnd(),
    "",
    `again: ${replay}`,
  ].join("\n");
}
