/** What people may write: one line for names, several for messages. */

/** A name or a message as it is kept, or what is wrong with it, as a sentence for whoever wrote it. */
export type Checked =
  | { readonly text: string; readonly fault?: never }
  | { readonly fault: string };

/**
 * A name in one line: outer space gone, inner space single, composed (NFC).
 * @param what begins the sentence if something is wrong.
 * @param limit in UTF-16 code units, as the page's `maxlength` counts them.
 */
export function checkName(value: string, what: string, limit: number): Checked {
  // Before anything is done with it: work is bounded by what we allow, not by what was sent.
  if (value.length > limit) return { fault: `${what} has at most ${limit} characters` };
  let text = "";
  for (const character of value) {
    if (isSpace(character)) {
      if (text !== "" && !text.endsWith(" ")) text += " ";
    } else if (isUnseen(character)) {
      return { fault: `${what} has a character in it that cannot be seen` };
    } else text += character;
  }
  text = text.trimEnd().normalize("NFC");
  if (text === "") return { fault: `${what} is empty` };
  return { text };
}

/** A message: its lines are kept, the blank around it is not. */
export function checkText(value: string, limit: number): Checked {
  if (value.length > limit) return { fault: `A message has at most ${limit} characters` };
  for (const character of value) {
    if (!isSpace(character) && isUnseen(character) && !JOINERS.has(character)) {
      return { fault: "A message has a control character in it" };
    }
  }
  const text = value.trim();
  if (text === "") return { fault: "A message is empty" };
  return { text };
}

function isSpace(character: string): boolean {
  return character.trim() === "" && character !== "\ufeff";
}

/** Zero-width non-joiner and joiner: Persian and family emoji need them. */
const JOINERS: ReadonlySet<string> = new Set(["\u200c", "\u200d"]);

/**
 * Controls, and what has no width or turns the direction of the text around it: with those a name could look like
 * another one, or like nothing.
 */
function isUnseen(character: string): boolean {
  const code = character.codePointAt(0)!;
  return UNSEEN.some(([first, last]) => code >= first && code <= last);
}

const UNSEEN: readonly (readonly [number, number])[] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad], // soft hyphen
  [0x61c, 0x61c], // Arabic letter mark
  [0x200b, 0x200f], // zero width, joiners, direction marks
  [0x2028, 0x202e], // separators, direction embeddings and overrides
  [0x2060, 0x206f], // word joiner, direction isolates
  [0xd800, 0xdfff], // half of a character
  [0xfeff, 0xfeff],
  [0xfff9, 0xfffb],
];
