/**
 * The character classes of HTTP, and the comparisons of its names, one character code at a time. The engine runs no regular
 * expression over the peer's bytes, because the work of a regular expression may grow faster than the text
 * (CVE-2021-32640).
 */

const TOKEN = 1;
const FIELD_VALUE = 2;

/** The class of each code from 0 to 255. A higher code belongs to no class. */
const Classes: Uint8Array = /* @__PURE__ */ classesOfCodes();

function classesOfCodes(): Uint8Array {
  const classes = new Uint8Array(256);
  // RFC 9110 §5.5: visible characters, space, horizontal tab, and obs-text, the bytes from 0x80 on.
  classes[0x09] = FIELD_VALUE;
  for (let code = 0x20; code < 0x100; code += 1) if (code !== 0x7f) classes[code] = FIELD_VALUE;
  // RFC 9110 §5.6.2: tchar, which is every visible character but the delimiters.
  const tokenCharacters =
    "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (let at = 0; at < tokenCharacters.length; at += 1) {
    classes[tokenCharacters.charCodeAt(at)] = TOKEN | FIELD_VALUE;
  }
  return classes;
}

/** The characters of a token, for error messages. */
export const TOKEN_CHARACTERS = "letters, digits and !#$%&'*+-.^_`|~";

/** RFC 9110 §5.6.2: `tchar`, the characters of names, methods, subprotocols and extensions. */
export function isTokenCode(code: number): boolean {
  return ((Classes[code] ?? 0) & TOKEN) !== 0;
}

/** RFC 9110 §5.6.2: `token`, at least one character. */
export function isToken(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    if (!isTokenCode(text.charCodeAt(at))) return false;
  }
  return text.length > 0;
}

/** RFC 9110 §5.5: a character of a field value. The tab is the only control character, and no character is above U+00FF. */
export function isFieldValueCode(code: number): boolean {
  return ((Classes[code] ?? 0) & FIELD_VALUE) !== 0;
}

/** Every character passes {@link isFieldValueCode}; the empty text does too. */
export function isFieldValue(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    if (!isFieldValueCode(text.charCodeAt(at))) return false;
  }
  return true;
}

/** RFC 9110 §5.6.3: optional whitespace consists of spaces and horizontal tabs, and of no whitespace that Unicode adds. */
export function isWhitespaceCode(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** `text[start, end)` without the optional whitespace around it; the same string when there is none. */
export function trimWhitespace(text: string, start: number = 0, end: number = text.length): string {
  let from = start;
  let to = end;
  while (from < to && isWhitespaceCode(text.charCodeAt(from))) from += 1;
  while (to > from && isWhitespaceCode(text.charCodeAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

/**
 * Whether `text` is `lowerCaseText`, except for the case of ASCII letters. `toLowerCase` changes more characters than the
 * RFCs do: for example, it maps U+212A, the Kelvin sign, to "k", and "websoc\u212aet" would open a WebSocket.
 */
export function equalsIgnoringCase(text: string, lowerCaseText: string): boolean {
  if (text.length !== lowerCaseText.length) return false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const lowerCaseCode = code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
    if (lowerCaseCode !== lowerCaseText.charCodeAt(at)) return false;
  }
  return true;
}
