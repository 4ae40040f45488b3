/**
 * The Sec-WebSocket-Extensions field (RFC 6455 §9.1), from and to text: a list of extensions, each with parameters.
 *
 * A scanner that looks at each character once: the regular expressions that peers read this field with took time that
 * grew exponentially (CVE-2020-7662, an unterminated quoted string). Names and values stay in lists; where a map is
 * wanted it has no prototype, since a peer may well name his extension "constructor" (GHSA-5v72-xg48-5rpm).
 */
import { describeValue } from "../bytes/describe-value.ts";
import {
  requireList,
  requireObject,
  requireString,
  requireStrings,
} from "../bytes/given-arguments.ts";
import { isToken, isTokenCode, isWhitespaceCode } from "../bytes/http-token.ts";
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
  /** In the order they were sent, repetitions included. */
  readonly parameters: readonly ExtensionParameter[];
}

/**
 * Extensions and parameters of one field, together. Each of them is an object that two bytes of the head can demand, so
 * that a limit on bytes alone would be one in name only. The longest offers met in practice have some twenty.
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
 * @param values those of every Sec-WebSocket-Extensions line, in order: together they are one list (§9.1). Each can be
 * read by itself, since a comma between two lines ends whatever the first left open, and a quoted string that reaches
 * over it could not unquote to a token.
 * @returns what is offered, in order and with repetitions; empty for no lines; null when a value is malformed, when
 * there are lines but no extension in them, or when there are more than {@link MAX_EXTENSION_ELEMENTS}.
 */
export function parseExtensions(values: readonly string[]): ExtensionOffer[] | null {
  requireStrings("the values of Sec-WebSocket-Extensions", values);
  return readExtensions(values);
}

/** The same of values that were judged to be strings. */
export function readExtensions(values: readonly string[]): ExtensionOffer[] | null {
  const offers: ExtensionOffer[] = [];
  let elementsLeft = MAX_EXTENSION_ELEMENTS;
  for (const text of values) {
    const cursor: Cursor = { text, at: 0, elementsLeft };
    if (!readExtensionList(cursor, offers)) return null;
    elementsLeft = cursor.elementsLeft;
  }
  // §9.1: `1#extension`. At least one, when the field is there at all.
  return values.length > 0 && offers.length === 0 ? null : offers;
}

/** `extension-list`, up to the end of the text. */
function readExtensionList(cursor: Cursor, offers: ExtensionOffer[]): boolean {
  for (;;) {
    skipWhitespace(cursor);
    if (cursor.at === cursor.text.length) return true;
    // RFC 9110 §5.6.1.2: empty elements are ignored, and do not count.
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
 * The rest of a `quoted-string`, behind its first quotation mark. §9.1: what it says must be a token, so the first
 * character that is none ends the search for the second quotation mark, commas and spaces included.
 */
function readQuotedToken(cursor: Cursor): string | null {
  const { text } = cursor;
  let value = "";
  /** Where the characters begin that are not yet part of `value`: a slice per quoted pair, not one per character. */
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
    // Also where the text has ended: NaN belongs to no class.
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
 * The value of a Sec-WebSocket-Extensions line; "" for no offers, which must not be sent (§9.1: at least one). Values
 * are written without quotation marks: they are tokens, and some peers do not read the other form.
 * @throws MisuseError for a name or a value that is not a token, whoever supplied it.
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
    `${what} ${describeValue(text)} is not a token (RFC 6455 §9.1): letters, digits and !#$%&'*+-.^_\`|~ only`,
  );
}

/**
 * The parameters by name, for extensions whose parameters come at most once (RFC 7692 §7.1 is one): an object without a
 * prototype, so that only what was sent is in it.
 * @returns null when a parameter is there twice.
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
