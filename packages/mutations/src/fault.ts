/**
 * One fault, as a patch file. The file is what `git diff` writes, below some lines that say what is wrong: `git apply` takes
 * the file, so a person can plant the fault in a clone and look at it.
 *
 * Reading is stricter and more lenient than `git apply` in one point each. The old lines of a hunk must occur in the source
 * exactly once, because a fault that is planted at the wrong place proves nothing. The line numbers do not count, because
 * other work moves the lines every day.
 */

export interface Fault {
  /** The name of the file, without its extension. */
  readonly name: string;
  /** The planted mistake in words, for the table. */
  readonly what: string;
  /** The rule that the fault breaks: a section of an RFC, or a page of ours. */
  readonly section: string;
  /** The laws that are tried first. All others follow. */
  readonly laws: readonly string[];
  /** The fault was once in the product: where its report is. Empty for a fault that was made up. */
  readonly once: string;
  /** Why no law catches the fault yet. Empty for a fault that is caught. */
  readonly open: string;
  readonly changes: readonly Change[];
}

export interface Change {
  /** From the root of the repository. */
  readonly file: string;
  readonly oldText: string;
  readonly newText: string;
}

/** A patch that says nothing, or that today's source does not have a place for. */
export class PatchError extends Error {
  override readonly name: string = "PatchError";
}

/** @throws PatchError for a file that is no fault. */
export function readFault(name: string, patch: string): Fault {
  const start = patch.indexOf("--- a/");
  if (start === -1)
    throw new PatchError(`${name}.patch changes nothing: no line begins with "--- a/"`);
  const facts = readFacts(name, patch.slice(0, start));
  return {
    name,
    what: required(name, facts, "Fault"),
    section: required(name, facts, "Rule"),
    laws: required(name, facts, "Laws").split(/,\s*/),
    once: facts.get("Once") ?? "",
    open: facts.get("Open") ?? "",
    changes: readChanges(name, patch.slice(start)),
  };
}

const FACTS: readonly string[] = ["Fault", "Rule", "Laws", "Once", "Open"];

function readFacts(name: string, text: string): Map<string, string> {
  const facts = new Map<string, string>();
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const [, fact, value] = /^(\w+): (.+)$/.exec(line) ?? [];
    if (fact === undefined || value === undefined || !FACTS.includes(fact)) {
      throw new PatchError(
        `${name}.patch: "${line}" is no fact; a fact is one of ${FACTS.join(", ")}, a colon, and its value`,
      );
    }
    facts.set(fact, value);
  }
  return facts;
}

function required(name: string, facts: ReadonlyMap<string, string>, fact: string): string {
  const value = facts.get(fact);
  if (value === undefined) throw new PatchError(`${name}.patch has no line "${fact}: ..."`);
  return value;
}

function readChanges(name: string, patch: string): Change[] {
  return patch.split(/^(?=--- a\/)/m).flatMap((section) => {
    const [, file] = /^--- a\/(.+)\n\+\+\+ b\/\1\n/.exec(section) ?? [];
    if (file === undefined) {
      throw new PatchError(
        `${name}.patch: behind "--- a/FILE" must stand "+++ b/FILE", of the same file`,
      );
    }
    const [, ...hunks] = section.split(/^(?=@@ )/m);
    if (hunks.length === 0) throw new PatchError(`${name}.patch changes nothing in ${file}`);
    return hunks.map((hunk) => readHunk(name, file, hunk));
  });
}

function readHunk(name: string, file: string, hunk: string): Change {
  const [head = "", ...lines] = hunk.replace(/\n$/, "").split("\n");
  const [, oldCount, newCount] = /^@@ -\d+,(\d+) \+\d+,(\d+) @@/.exec(head) ?? [];
  const bodyOf = (sign: string): string[] =>
    lines.filter((line) => line[0] === sign || line[0] === " ").map((line) => line.slice(1));
  const [oldLines, newLines] = [bodyOf("-"), bodyOf("+")];
  if (oldLines.length !== Number(oldCount) || newLines.length !== Number(newCount)) {
    throw new PatchError(
      `${name}.patch: a hunk of ${file} begins with "${head}", and has ${oldLines.length} old and ${newLines.length} new lines`,
    );
  }
  return { file, oldText: `${oldLines.join("\n")}\n`, newText: `${newLines.join("\n")}\n` };
}

/**
 * The source with the fault in it.
 * @throws PatchError, with the remedy, when the source has no place for the fault or several.
 */
export function plant(name: string, change: Change, source: string): string {
  const { file, oldText, newText } = change;
  const lines = `\n${source}`;
  const at = lines.indexOf(`\n${oldText}`);
  if (at === -1) {
    throw new PatchError(
      `${name}.patch does not fit ${file} any more: the file has no such lines\n${quoted(oldText)}\n` +
        "The source was changed since. Plant the same fault in today's source, and write it with\n" +
        `  git diff -U1 -- ${file}\nbelow the facts of packages/mutations/faults/${name}.patch. If today's source cannot have ` +
        "the fault at all, plant the fault that would break the same rule today.",
    );
  }
  if (lines.indexOf(`\n${oldText}`, at + 1) !== -1) {
    throw new PatchError(
      `${name}.patch fits ${file} at more than one place: give the hunk more lines around the change\n${quoted(oldText)}`,
    );
  }
  return source.slice(0, at) + newText + source.slice(at + oldText.length);
}

function quoted(text: string): string {
  return text.replace(/^/gm, "  | ").replace(/\n {2}\| $/, "");
}
