/** The folder of patches, and the sources into which they plant their faults. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Fault, PatchError, plant, readFault } from "./fault.ts";

/** The root of the repository. */
export const ROOT: string = fileURLToPath(new URL("../../..", import.meta.url));
const FOLDER = join(ROOT, "packages/mutations/faults");
const EXTENSION = ".patch";

/** Every fault, by name. @throws PatchError */
export function allFaults(): Fault[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(EXTENSION))
    .sort()
    .map((file) =>
      readFault(file.slice(0, -EXTENSION.length), readFileSync(join(FOLDER, file), "utf8")),
    );
}

/**
 * The changed files with the fault in them, by their path from the root. The working tree is not touched.
 * @throws PatchError when the fault does not fit.
 */
export function planted(fault: Fault): Map<string, string> {
  const files = new Map<string, string>();
  for (const change of fault.changes) {
    const { file } = change;
    if (!/^packages\/(core|driver)\/src\//.test(file)) {
      throw new PatchError(
        `${fault.name}.patch changes ${file}: faults are planted in core and driver`,
      );
    }
    const source = files.get(file) ?? readSource(fault, file);
    files.set(file, plant(fault.name, change, source));
  }
  return files;
}

function readSource(fault: Fault, file: string): string {
  try {
    return readFileSync(join(ROOT, file), "utf8");
  } catch {
    throw new PatchError(`${fault.name}.patch changes ${file}, and there is no such file any more`);
  }
}
