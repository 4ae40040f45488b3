/** How the programs of this folder speak with the tests that started them: one line of JSON for each thing said. */
import { createInterface } from "node:readline";

/** @param {unknown} thing */
export function say(thing) {
  process.stdout.write(`${JSON.stringify(thing)}\n`);
}

/**
 * Obeys the lines of stdin, one after the other, and leaves with them: a test that dies takes its programs along.
 * @param {(command: any) => unknown} obey
 * @param {() => unknown} leave
 */
export async function obeyLines(obey, leave = () => {}) {
  for await (const line of createInterface({ input: process.stdin })) {
    await obey(JSON.parse(line));
  }
  await leave();
  process.exit(0);
}
