/**
 * Numbers in place of the members of constant objects: `Phase.Open` becomes `3`. No bundler does that for a member of an object,
 * and TypeScript does it for `const enum` only, which this repository does not use. A bundle becomes 0.3 to 0.4 KB smaller.
 *
 * Spaces behind the number keep the columns of a line, so that source maps stay right. Objects of other packages keep their members:
 * another release may have other numbers.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** @typedef {ReadonlyMap<string, string>} Members the number of each member, as it is written. */

const OBJECT = /^(?:export )?const ([A-Z]\w*)(?:: [^=]+)? = \{([^{}]*)\} as const;$/gm;
const COMMENT = /\/\*[\s\S]*?\*\/|\/\/.*/g;
const MEMBER = /^\s*([A-Z]\w*): (0x[0-9a-f]+|\d+)\s*$/;
const IMPORT = /^import (?!type\b)[^;]*?\{([^}]*)\} from "(\.[^"]+)";$/gm;

/** @type {(code: string) => Map<string, Members>} the constant objects of a module */
export function constantObjectsOf(code) {
  /** @type {Map<string, Members>} */
  const found = new Map();
  for (const [, name = "", body = ""] of code.matchAll(OBJECT)) {
    /** @type {Map<string, string>} */
    const numbers = new Map();
    for (const member of body.replaceAll(COMMENT, "").split(",")) {
      const [, key, number] = MEMBER.exec(member) ?? [];
      if (key !== undefined && number !== undefined) numbers.set(key, number);
    }
    found.set(name, numbers);
  }
  return found;
}

/**
 * @param {string} code of a module
 * @param {(path: string, name: string) => Members | undefined} importedFrom the object of that name in the module at `path`
 * @returns {string} the same, with numbers
 */
export function withNumbers(code, importedFrom) {
  const known = constantObjectsOf(code);
  for (const [, names = "", path = ""] of code.matchAll(IMPORT)) {
    for (const name of names.split(",").map((text) => text.trim())) {
      const members = importedFrom(path, name);
      if (members !== undefined) known.set(name, members);
    }
  }
  return code.replaceAll(/(?<![\w.$#])([A-Z]\w*)\.([A-Z]\w*)(?!\w)/g, (written, name, member) => {
    const number = known.get(name)?.get(member);
    return number === undefined || number.length > written.length
      ? written
      : number.padEnd(written.length);
  });
}

/**
 * For the build of a package.
 *
 * @param {string} source the folder of its modules
 */
export function constantNumbers(source) {
  /** @type {Map<string, Map<string, Members>>} */
  const objects = new Map();
  for (const name of readdirSync(source, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".ts")) continue;
    const path = join(source, name);
    objects.set(path, constantObjectsOf(readFileSync(path, "utf8")));
  }
  return {
    name: "constant numbers",
    /** @type {(code: string, id: string) => { code: string, map: null } | null} */
    transform(code, id) {
      const folder = dirname(id);
      const changed = withNumbers(code, (path, name) =>
        objects.get(resolve(folder, path))?.get(name),
      );
      return changed === code ? null : { code: changed, map: null };
    },
  };
}
