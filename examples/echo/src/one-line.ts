/** The mistake, in one line in place of a stack trace, and by the exit code. */

/** For `parseArgs`. */
export const HELP = { help: { type: "boolean", short: "h", default: false } } as const;

/** Prints the usage and ends the program with 0, because the person asked for it with `--help`. */
export function tellUsage(usage: string): never {
  console.log(`usage: ${usage}`);
  process.exit(0);
}

/** A wrong command line is told with the way it should be: 2. */
export function readArguments<T>(usage: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nusage: ${usage}`);
    process.exit(2);
  }
}

/** A port that is taken, a file that is not there, a violation, a reset, a refusal: 1. */
export async function run(program: () => Promise<void>): Promise<void> {
  try {
    await program();
  } catch (error) {
    console.error(error instanceof Error ? `${error.name}: ${error.message}` : error);
    process.exitCode = 1;
  }
}
