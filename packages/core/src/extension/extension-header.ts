/**
 * The Sec-WebSocket-Extensions field (RFC 6455 §9.1), from and to text: a list of extensions, each with parameters.
 *
 * The scanner looks at each character once. Other libraries read this field with regular expressions, whose time grew
 * exponentially (CVE-2020-7662, an unterminated quoted string). Names and values stay in lists. A map of parameters has no
 * prototype, because a peer may name a parameter "constructor" (GHSA-5v72-xg48-5rpm).
 */
import { describeValue } from "../bytes/describe-value.ts";
import {
  requireList,
  requireObject,
  requireString,
  requireStrings,
} from "../bytes/given-arguments.ts";
import { isToken, isTokenCode, isWhitespaceCode, TOKEN_CHARACTERS } from "../bytes/http-token.ts";
import { MisuseError } from "../bytes/misuse-error.ts";

/** One parameter of an extension in the field Sec-WebSocket-Extensions (RFC 6455 §9.1). */
export interface ExtensionParameter {
  /** A token; its case counts. */
  readonly name: string;
  /** A token, without the quotation marks it may have had; null for a parameter without a value. */
  readonly value: string | null;
}

/** One element of the field: what a client offers, or what a server answers with. */
export interface ExtensionOffer {
  /** A token; its case counts. */
  readonly name: string;
  /** In the order of the field, repetitions included. */
  readonly parameters: readonly ExtensionParameter[];
}

/**
 * The most extensions and parameters of one field, together. Each of them becomes an object, and two bytes of the head are
 * enough for one. So a limit on bytes alone would not limit the memory. The longest offers in practice have about twenty.
 */
export const MAX_EXTENSION_ELEMENTS = 256;

const DOUBLE_QUOTE = 0x22;
const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;

/** A place in one field value. */
interface Cursor {
  readonly text: string;
  at: number;
  /** How many more extensions and parameters may come. */
  elementsLeft: number;
}

/**
 * @param values the values of every Sec-WebSocket-Extensions line, in order. §9.1: all lines together are one list. The
 * scanner can read each line by itself: the comma between two lines ends the last element of the first line, and a quoted
 * string with a comma is no token.
 * @returns the extensions, in order and with repetitions. Empty without a line. null when a value is malformed, when the
 * lines contain no extension, or when there are more than {@link MAX_EXTENSION_ELEMENTS} elements.
 */
export function parseExtensions(values: readonly string[]): ExtensionOffer[] | null {
  requireStrings("the values of Sec-WebSocket-Extensions", values);
  return readExtensions(values);
}

/** The same for values that are known to be strings. */
export function readExtensions(values: readonly string[]): ExtensionOffer[] | null {
  const offers: ExtensionOffer[] = [];
  let elementsLeft = MAX_EXTENSION_ELEMENTS;
  for (const text of values) {
    const cursor: Cursor = { text, at: 0, elementsLeft };
    if (!readExtensionList(cursor, offers)) return null;
    elementsLeft = cursor.elementsLeft;
  }
  // §9.1: `1#extension`, so a field contains at least one extension.
  return values.length > 0 && offers.length === 0 ? null : offers;
}

/** `extension-list`, up to the end of the text. */
function readExtensionList(cursor: Cursor, offers: ExtensionOffer[]): boolean {
  for (;;) {
    skipWhitespace(cursor);
    if (cursor.at === cursor.text.length) return true;
    // RFC 9110 §5.6.1.2: a recipient ignores empty elements.
    if (!takeDelimiter(cursor, COMMA)) {
      const offer = readExtension(cursor);
      if (offer === null) return false;
      offers.push(offer);
      if (cursor.at < cursor.text.length && !takeDelimiter(cursor, COMMA)) return false;
    }
  }
}

/** `extension-token *( ";" extension-param )`, and the whitespace behind it. */
function readExtension(cursor: Cursor): ExtensionOffer | null {
  const name = readToken(cursor);
  if (name === null || cursor.elementsLeft === 0) return null;
  cursor.elementsLeft -= 1;
  const parameters: ExtensionParameter[] = [];
  skipWhitespace(cursor);
  while (takeDelimiter(cursor, SEMICOLON)) {
    const parameter = readParameter(cursor);
    if (parameter === null || cursor.elementsLeft === 0) return null;
    cursor.elementsLeft -= 1;
    parameters.push(parameter);
    skipWhitespace(cursor);
  }
  return { name, parameters };
}

/**
 * `token [ "=" (token | quoted-string) ]`. §9.1 keeps the "implied *LWS rule" of RFC 2616, so whitespace may stand
 * around the equals sign too, where RFC 9110 would have none.
 */
function readParameter(cursor: Cursor): ExtensionParameter | null {
  skipWhitespace(cursor);
  const name = readToken(cursor);
  if (name === null) return null;
  skipWhitespace(cursor);
  if (!takeDelimiter(cursor, EQUALS)) return { name, value: null };
  skipWhitespace(cursor);
  const value = takeDelimiter(cursor, DOUBLE_QUOTE) ? readQuotedToken(cursor) : readToken(cursor);
  return value === null ? null : { name, value };
}

function readToken(cursor: Cursor): string | null {
  const start = cursor.at;
  while (isTokenCode(cursor.text.charCodeAt(cursor.at))) cursor.at += 1;
  return cursor.at === start ? null : cursor.text.slice(start, cursor.at);
}

/**
 * The rest of a `quoted-string`, behind its first quotation mark. §9.1: the unquoted value must be a token. So the first
 * character that no token can have, such as a comma or a space, ends the search for the second quotation mark.
 */
function readQuotedToken(cursor: Cursor): string | null {
  const { text } = cursor;
  let value = "";
  /**
   * The index from which the characters are not yet part of `value`. One slice for each quoted pair is cheaper than one for
   * each character.
   */
  let start = cursor.at;
  for (;;) {
    const code = text.charCodeAt(cursor.at);
    if (code === DOUBLE_QUOTE) {
      value += text.slice(start, cursor.at);
      cursor.at += 1;
      return value === "" ? null : value;
    }
    if (code === BACKSLASH) {
      // RFC 2616 §2.2, quoted-pair: the next character stands for itself.
      value += text.slice(start, cursor.at);
      cursor.at += 1;
      start = cursor.at;
    }
    // The test is true behind the end of the text too: NaN belongs to no class.
    if (!isTokenCode(text.charCodeAt(cursor.at))) return null;
    cursor.at += 1;
  }
}

function skipWhitespace(cursor: Cursor): void {
  while (isWhitespaceCode(cursor.text.charCodeAt(cursor.at))) cursor.at += 1;
}

function takeDelimiter(cursor: Cursor, delimiter: number): boolean {
  if (cursor.text.charCodeAt(cursor.at) !== delimiter) return false;
  cursor.at += 1;
  return true;
}

/**
 * The value of a Sec-WebSocket-Extensions line. "" without offers: do not send such a line (§9.1: at least one). Values are
 * written without quotation marks, because they are tokens, and some peers do not read quoted values.
 * @throws MisuseError for a name or a value that is not a token.
 */
export function formatExtensions(offers: readonly ExtensionOffer[]): string {
  requireOffers("offers", offers);
  return offers.map(formatExtension).join(", ");
}

function formatExtension(offer: ExtensionOffer): string {
  let text = checkedToken("extension name", offer.name);
  for (const { name, value } of offer.parameters) {
    text += `; ${checkedToken(`parameter name of ${offer.name}`, name)}`;
    if (value !== null) text += `=${checkedToken(`value of ${offer.name}; ${name}`, value)}`;
  }
  return text;
}

function checkedToken(what: string, text: string): string {
  if (typeof text === "string" && isToken(text)) return text;
  throw new MisuseError(
    `${what} ${describeValue(text)} is not a token (RFC 6455 §9.1): ${TOKEN_CHARACTERS} only`,
  );
}

/**
 * The parameters by name, for extensions whose parameters come at most once, for example RFC 7692 §7.1. The object has no
 * prototype, so that it contains only the parameters of the field.
 * @returns null when a parameter comes twice.
 */
export function parameterMap(offer: ExtensionOffer): Record<string, string | null> | null {
  requireOffer("offer", offer);
  const map: Record<string, string | null> = Object.create(null);
  for (const { name, value } of offer.parameters) {
    if (name in map) return null;
    map[name] = value;
  }
  return map;
}

/** @throws MisuseError for what is no list of {@link ExtensionOffer}. */
export function requireOffers(what: string, offers: unknown): void {
  requireList(what, offers);
  for (const [index, offer] of (offers as unknown[]).entries()) {
    requireOffer(`${what}[${index}]`, offer);
  }
}

function requireOffer(what: string, given: unknown): void {
  requireObject(what, given);
  const { name, parameters } = given as ExtensionOffer;
  requireString(`${what}.name`, name);
  requireList(`${what}.parameters`, parameters);
  for (const [index, parameter] of parameters.entries()) {
    requireObject(`${what}.parameters[${index}]`, parameter);
  }
}
