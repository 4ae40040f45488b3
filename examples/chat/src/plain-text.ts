/** The texts that people may write: one line for names, several for messages. */

/** A name or a message as it is kept, or what is wrong with it, as a sentence for whoever wrote it. */
export type Checked =
  | { readonly text: string; readonly fault?: never }
  | { readonly fault: string };

/**
 * A name in one line: outer space gone, inner space single, normalised (NFKC, so that full-width and mathematical letters
 * become the plain ones), with ink in it, and no letters of two alphabets that look alike.
 * @param what begins the sentence if something is wrong.
 * @param limit in UTF-16 code units, as the page's `maxlength` counts them.
 */
export function checkName(value: string, what: string, limit: number): Checked {
  const isTooLong = { fault: `${what} has at most ${limit} characters` };
  // Before anything is done with it: work is bounded by what we allow, not by what was sent.
  if (value.length > limit) return isTooLong;
  const text = value.normalize("NFKC").replace(/\s+/gu, " ").trim();
  // NFKC makes eighteen characters of one (U+FDFA).
  if (text.length > limit) return isTooLong;
  if (text === "") return { fault: `${what} is empty` };
  if (UNSEEN_IN_NAMES.test(text.replace(EMOJI, ""))) {
    return { fault: `${what} has a character in it that cannot be seen` };
  }
  if (!hasInk(text)) return { fault: `${what} has nothing in it that can be seen` };
  if (/^\p{M}/u.test(text)) return { fault: `${what} begins with a mark that has no letter` };
  if (/\p{Mn}{5}/u.test(text)) return { fault: `${what} has too many marks upon one letter` };
  const mixed = alphabetsOf(text);
  if (mixed.length > 1) {
    const two = `${mixed[0]} and ${mixed[1]}`;
    return { fault: `${what} has letters of two alphabets in it that look alike, ${two}` };
  }
  return { text };
}

/** A message: its lines are kept, the blank around it is not. */
export function checkText(value: string, limit: number): Checked {
  if (value.length > limit) return { fault: `A message has at most ${limit} characters` };
  if (REFUSED_IN_MESSAGES.test(value)) return { fault: "A message has a control character in it" };
  const text = value.trim();
  if (!hasInk(text)) return { fault: "A message is empty" };
  return { text };
}

/**
 * Characters that leave no ink although Unicode calls them letters or symbols: Braille blank, musical null notehead,
 * Egyptian half and full blank, object replacement. The Hangul fillers and their kind are Default_Ignorable_Code_Point.
 */
const BLANK = "\\u2800\\u{1d159}\\u{13441}\\u{13442}\\ufffc";

/**
 * Nothing that a reader could see, or that turns the direction of the text around it: with those, a name could look like
 * another one, or like nothing. \p{C}: controls, formats, halves, private and unassigned characters.
 */
const UNSEEN_IN_NAMES = new RegExp(`[\\p{C}\\p{Default_Ignorable_Code_Point}${BLANK}]`, "u");

/** An emoji with what belongs to it: the joiner and the selector of its style can be seen there by what they do. */
const EMOJI =
  /\p{Extended_Pictographic}\p{Emoji_Modifier}?\ufe0f?(?:\u200d\p{Extended_Pictographic}\p{Emoji_Modifier}?\ufe0f?)*/gu;

/**
 * Controls but for the white space of lines, halves of characters, and what turns the direction or has no width.
 * U+200C and U+200D stay: Persian and family emoji need them.
 */
const REFUSED_IN_MESSAGES =
  /[^\P{Cc}\t\n\v\f\r]|[\p{Cs}\p{Bidi_Control}\xad\u200b\u2028\u2029\u2060-\u206f\ufeff\ufff9-\ufffb]/u;

const NO_INK = new RegExp(`[\\p{M}\\p{Z}\\p{C}\\s\\p{Default_Ignorable_Code_Point}${BLANK}]`, "gu");

/** Marks alone are none: they are drawn upon a letter. */
function hasInk(text: string): boolean {
  return text.replace(NO_INK, "") !== "";
}

/** Alphabets that have letters of the same shape. Others may stand beside each other: 田中 Tanaka. */
const ALPHABETS: readonly (readonly [name: string, letter: RegExp])[] = [
  ["Latin", /\p{Script=Latin}/u],
  ["Cyrillic", /\p{Script=Cyrillic}/u],
  ["Greek", /\p{Script=Greek}/u],
  ["Armenian", /\p{Script=Armenian}/u],
  ["Cherokee", /\p{Script=Cherokee}/u],
  ["Coptic", /\p{Script=Coptic}/u],
  ["Lisu", /\p{Script=Lisu}/u],
  ["Deseret", /\p{Script=Deseret}/u],
];

function alphabetsOf(text: string): string[] {
  return ALPHABETS.filter(([, letter]) => letter.test(text)).map(([name]) => name);
}
