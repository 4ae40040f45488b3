/** The facts of core in the words of the model. */
import { type Endpoint, Step } from "@sansocket/core";
import type { BrokenRule } from "../src/model/rules.ts";

export const STEP_NAMES: Readonly<Record<number, string>> = {
  [Step.Idle]: "idle",
  [Step.Request]: "request",
  [Step.Open]: "open",
  [Step.Text]: "text",
  [Step.Binary]: "binary",
  [Step.Ping]: "ping",
  [Step.Pong]: "pong",
  [Step.Closing]: "closing",
  [Step.Violation]: "violation",
  [Step.Ended]: "ended",
};

export function ruleOf(violation: NonNullable<Endpoint["violation"]>): BrokenRule {
  const { kind, section, closeCode, status, offset } = violation;
  return { rule: kind, section, closeCode, status, offset };
}

export function endedOf(core: Endpoint): object {
  const { violation, ...facts } = core.ended!;
  const { localClose, isCloseSent, peerClose, firstClose, ...rest } = facts;
  const broken = violation === null ? null : ruleOf(violation);
  return { localClose, isCloseSent, peerClose, firstClose, violation: broken, ...rest };
}
