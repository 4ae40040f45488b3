/** Reports a failure in one line, without a stack trace, and with an exit code. */

/** For `parseArgs`. */
export const HELP = { help: { type: "boolean", short: "h", default: false } } as const;

/** The answer to `--help`: exit code 0. */
export function tellUsage(usage: string): never {
  console.log(`usage: ${usage}`);
  process.exit(0);
}

/** A wrong command line, reported with the right usage: exit code 2. */
export function readArguments<T>(usage: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nusage: ${usage}`);
    process.exit(2);
  }
}

/** A taken port, a missing file, a violation, a reset, a refusal: exit code 1. */
export async function run(program: () => Promise<void>): Promise<void> {
  try {
    await program();
  } catch (error) {
    console.error(error instanceof Error ? `${error.name}: ${error.message}` : error);
    process.exitCode = 1;
  }
}
