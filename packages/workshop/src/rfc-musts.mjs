/**
 * Extracts every sentence of an RFC that demands something (MUST, MUST NOT, SHALL, REQUIRED) into docs/rfc6455-musts.json or
 * docs/rfc7692-musts.json, which rfc-table.mjs holds the page of the same name against.
 *
 * The text files are those of https://www.rfc-editor.org/rfc/, with their pages. Nothing may get lost on the way:
 * the keywords of the sentences must be as many as those of the lines they were taken from, or it throws.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./root.mjs";

/**
 * @typedef {{ number: number, firstChapter: number, lastChapter: number, mustsFile: string, tableFile: string,
 *   testedPackages: string[] }} RfcDocument
 *   mustsFile, tableFile, testedPackages: relative to the root of the repository. The tests of those packages prove the rules.
 */

/** @type {RfcDocument[]} */
export const RFC_DOCUMENTS = [
  {
    number: 6455,
    firstChapter: 4,
    lastChapter: 10,
    mustsFile: "docs/rfc6455-musts.json",
    tableFile: "docs/rfc6455.md",
    testedPackages: ["packages/core"],
  },
  {
    number: 7692,
    firstChapter: 4,
    lastChapter: 8,
    mustsFile: "docs/rfc7692-musts.json",
    tableFile: "docs/rfc7692.md",
    testedPackages: ["packages/core", "packages/pako"],
  },
];

/**
 * The RFC whose text this is.
 * @param {string} text
 * @returns {RfcDocument}
 */
export function documentOf(text) {
  const number = Number(/^Request for Comments: +(\d+)/m.exec(text)?.[1]);
  const found = RFC_DOCUMENTS.find((one) => one.number === number);
  if (found !== undefined) return found;
  const known = RFC_DOCUMENTS.map((one) => one.number).join(" or ");
  throw new Error(`this is not the text of RFC ${known}`);
}

const KEYWORD = /\b(?:MUST NOT|MUST|SHALL NOT|SHALL|REQUIRED)\b/g;
const HEADING = /^(\d+(?:\.\d+)*)\. {2}\S/;
const PAGE_FOOTER = /\[Page \d+\]$/;
const LIST_MARKER = /^ *(?:\d+\.|o|\*) +(?=\S)/;
const SENTENCE_END = /[.?!:]["')_|]*$/;

/**
 * @typedef {{ line: number, text: string }} Line line number from 1
 * @typedef {[Line, ...Line[]]} Block
 * @typedef {{ line: number, sentence: string }} Sentence
 * @typedef {{ id: string, section: string, line: number, keywords: string[], sentence: string }} Rule
 *   line: where the sentence begins; sentence: as it stands in the RFC, whitespace folded
 */

/**
 * @param {string} text the RFC, with its pages
 * @returns {Rule[]}
 */
export function extractMusts(text) {
  const { firstChapter, lastChapter } = documentOf(text);
  /** @type {Rule[]} */
  const rules = [];
  let section = "";
  let ruleNumber = 0;
  let keywordsInLines = 0;
  for (const block of blocksOf(withoutPages(text))) {
    const heading = HEADING.exec(block[0].text);
    if (heading !== null) {
      section = heading[1] ?? "";
      ruleNumber = 0;
      continue;
    }
    const chapter = Number.parseInt(section, 10);
    if (!(chapter >= firstChapter && chapter <= lastChapter)) continue;
    for (const { text } of block)
      keywordsInLines += text.match(/\b(?:MUST|SHALL|REQUIRED)\b/g)?.length ?? 0;
    for (const { line, sentence } of sentencesOf(block)) {
      const keywords = sentence.match(KEYWORD);
      if (keywords === null) continue;
      ruleNumber += 1;
      rules.push({ id: `${section}-${ruleNumber}`, section, line, keywords, sentence });
    }
  }
  const keywordsInRules = rules.reduce((sum, { keywords }) => sum + keywords.length, 0);
  if (keywordsInRules !== keywordsInLines) {
    throw new Error(
      `bug: ${keywordsInLines} keywords in the lines, ${keywordsInRules} in the sentences`,
    );
  }
  if (rules.length === 0) {
    throw new Error(`no rules in sections ${firstChapter} to ${lastChapter}: is this plain text?`);
  }
  return rules;
}

/**
 * One object per rule in the diff; formatted as biome would.
 * @param {RfcDocument} rfc
 * @param {readonly Rule[]} rules
 */
export function formatMusts({ number, firstChapter, lastChapter }, rules) {
  const source = `RFC ${number}, sections ${firstChapter} to ${lastChapter}; written by scripts/extract-musts.mjs`;
  const json = JSON.stringify({ source, rules }, null, 2);
  const inOneLine = (/** @type {string} */ _, /** @type {string} */ list) =>
    `[${list.replaceAll(/\s+"/g, ' "')}]`;
  return `${json.replaceAll(/\[\s+("[A-Z ]+"(?:,\s+"[A-Z ]+")*)\s+\]/g, inOneLine)}\n`;
}

/**
 * The lines without page footers and headers, and without the blank lines around them where a paragraph goes on.
 * @param {string} text
 * @returns {Line[]}
 */
function withoutPages(text) {
  /** @type {Line[]} */
  const lines = [];
  let isAfterBreak = false;
  let isHeaderDue = false;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = { line: index + 1, text: raw.replaceAll("\f", "").trimEnd() };
    if (PAGE_FOOTER.test(line.text)) {
      while (lines.at(-1)?.text === "") lines.pop();
      isAfterBreak = true;
      isHeaderDue = true;
    } else if (isAfterBreak && line.text === "") {
      // not yet known whether it parts paragraphs
    } else if (isHeaderDue) {
      isHeaderDue = false;
    } else {
      if (isAfterBreak && !goesOn(lines.at(-1), line)) lines.push({ line: line.line, text: "" });
      isAfterBreak = false;
      lines.push(line);
    }
  }
  return lines;
}

/**
 * Whether the first line of a page continues the paragraph of the last line before it.
 * @param {Line | undefined} before
 * @param {Line} line
 */
function goesOn(before, line) {
  return (
    before !== undefined &&
    !SENTENCE_END.test(before.text) &&
    !HEADING.test(line.text) &&
    !LIST_MARKER.test(line.text) &&
    textColumn(before.text) === textColumn(line.text)
  );
}

/** @param {string} text */
function textColumn(text) {
  return (LIST_MARKER.exec(text)?.[0] ?? /^ */.exec(text)?.[0] ?? "").length;
}

/**
 * Paragraphs, list items, headings and grammars: what blank lines part.
 * @param {readonly Line[]} lines
 * @returns {Iterable<Block>}
 */
function* blocksOf(lines) {
  /** @type {Block | null} */
  let block = null;
  for (const line of [...lines, { line: 0, text: "" }]) {
    if (line.text === "") {
      if (block !== null) yield block;
      block = null;
    } else if (block === null) {
      block = [line];
    } else {
      block.push(line);
    }
  }
}

/**
 * @param {Block} block
 * @returns {Iterable<Sentence>}
 */
function sentencesOf(block) {
  const isGrammar = block.some(({ text }) => /^ *;/.test(text));
  return isGrammar ? commentsOf(block) : sentencesOfParagraph(block);
}

/**
 * A comment in a grammar, behind the name of the rule that it is about.
 * @param {Block} block
 * @returns {Iterable<Sentence>}
 */
function* commentsOf(block) {
  let name = "";
  /** @type {Sentence | null} */
  let comment = null;
  for (const { line, text } of block) {
    const semicolon = text.indexOf(";");
    const isOnlyComment = semicolon >= 0 && text.slice(0, semicolon).trim() === "";
    if (isOnlyComment) {
      comment ??= { line, sentence: `${name} ;` };
      comment.sentence += ` ${text.slice(semicolon + 1).trim()}`;
    } else {
      if (comment !== null) yield comment;
      name = /^ *([\w-]+) *=/.exec(text)?.[1] ?? name;
      comment =
        semicolon < 0 ? null : { line, sentence: `${name} ; ${text.slice(semicolon + 1).trim()}` };
    }
  }
  if (comment !== null) yield comment;
}

/**
 * A sentence ends with its mark and two spaces, or at a line's end, or before the name of a defined procedure.
 * @param {Block} block
 * @returns {Iterable<Sentence>}
 */
function* sentencesOfParagraph(block) {
  const [first, ...others] = block;
  const lines = [{ ...first, text: first.text.replace(LIST_MARKER, "") }, ...others];
  let line = first.line;
  let sentence = "";
  for (const current of lines) {
    const parts = current.text.trim().split(/(?<=[.?!]["')_|]*)(?: {2,}| (?=_[A-Z]))/);
    for (const [index, part] of parts.entries()) {
      const isEnded = index > 0 || /[.?!]["')_|]*$/.test(sentence);
      if (isEnded && sentence !== "" && !/^[a-z]/.test(part)) {
        yield { line, sentence };
        sentence = "";
      }
      if (sentence === "") line = current.line;
      // No word is hyphenated in an RFC: a hyphen at a line's end is part of the word.
      const glue = sentence === "" || (index === 0 && sentence.endsWith("-")) ? "" : " ";
      sentence += glue + part.replaceAll(/ +/g, " ");
    }
  }
  yield { line, sentence };
}

/**
 * @param {string | undefined} path of the RFC as text
 * @returns {number} the exit code
 */
export function writeMusts(path) {
  if (path === undefined) {
    console.error("usage: node scripts/extract-musts.mjs PATH_TO_rfc6455.txt (or rfc7692.txt)");
    return 2;
  }
  const text = readFileSync(path, "utf8");
  const rfc = documentOf(text);
  const rules = extractMusts(text);
  writeFileSync(join(ROOT, rfc.mustsFile), formatMusts(rfc, rules));
  const keywords = rules.reduce((sum, rule) => sum + rule.keywords.length, 0);
  console.log(`${rfc.mustsFile}: ${rules.length} rules with ${keywords} keywords`);
  return 0;
}
