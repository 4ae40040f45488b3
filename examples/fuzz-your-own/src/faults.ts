/** Puts the laws to a parser, rule by rule, and collects what they find. */
import {
  controlLaw,
  cuttingLaw,
  type Parser,
  RULES,
  type RuleName,
  totalityLaw,
  verdictLaw,
} from "@sansocket/testing";

/** A fault of a parser. */
export interface FoundFault {
  /** The rule or the law that the parser breaks. */
  readonly what: string;
  /** The report of the law: what is wrong, the smallest input found, and the line that tries this input again. */
  readonly report: string;
}

/** The faults that the laws find, with the seed that finds it again. The parser reads what clients send. */
export function faultsOf(parser: Parser, seed: number): FoundFault[] {
  const options = { role: "server", runs: 500, seed } as const;
  const faults: FoundFault[] = [];
  const put = (what: string, law: () => void): void => {
    try {
      law();
    } catch (error) {
      faults.push({ what, report: (error as Error).message });
    }
  };
  put("no bytes make it throw", () => totalityLaw(parser, options));
  put("the cutting of the stream makes no difference", () => cuttingLaw(parser, options));
  put("control frames change nothing of the data", () => controlLaw(parser, options));
  for (const rule of Object.keys(RULES) as RuleName[]) {
    // No server sends to a server.
    if (rule === "unwanted mask") continue;
    put(`rule: ${rule}`, () => verdictLaw(parser, { ...options, rules: [rule] }));
  }
  put("everything, right and wrong", () => verdictLaw(parser, options));
  return faults;
}
