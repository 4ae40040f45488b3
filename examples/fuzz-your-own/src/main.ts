/** `node dist/main.js [SEED]`: prints the faults that the laws find in the naive parser. */
import { naive } from "./binding.ts";
import { faultsOf } from "./faults.ts";

const seed = Number(process.argv[2] ?? 1);
if (!Number.isSafeInteger(seed)) {
  console.error(`${process.argv[2]} is no seed: give a whole number`);
  process.exit(1);
}
const faults = faultsOf(naive, seed);
for (const { what, report } of faults) console.log(`### ${what}\n\n${report}\n`);
console.log(`${faults.length} laws and rules are broken by ${naive.name} (seed ${seed})`);
