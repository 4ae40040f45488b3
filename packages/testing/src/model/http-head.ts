/**
 * The head of an HTTP/1.1 message (RFC 9112), read from its beginning each time that more of it has arrived: the grammar from
 * left to right, one byte after the other. The first byte that cannot stand at its place ends the reading.
 */

/** Counted over all heads of a stream, 1xx responses included. */
export interface HeadTerms {
  readonly headBytes: number;
  readonly headers: number;
  readonly lineBytes: number;
}

/** The heads before this one: what the limits have counted already. */
export interface HeadsBefore {
  readonly bytes: number;
  readonly headers: number;
}

/** A complete head. */
export interface ReadHead {
  readonly method: string;
  readonly target: string;
  readonly status: number;
  readonly statusText: string;
  readonly minorVersion: 0 | 1;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Bytes of this head. */
  readonly size: number;
}

/** A byte that cannot stand where it stands. */
export interface HeadFault {
  readonly rule: string;
  /** Of the byte, from the beginning of this head. */
  readonly at: number;
}

const INCOMPLETE = Symbol("incomplete");
const [LF, CR, SP] = [0x0a, 0x0d, 0x20];

const isWhitespace = (byte: number): boolean => byte === 0x20 || byte === 0x09;
const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
/** RFC 9110 §5.6.2. */
const isTokenByte = (byte: number): boolean =>
  /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(byte));
/** RFC 9110 §5.5: visible characters, white space, obs-text. */
const isValueByte = (byte: number): boolean =>
  byte === 0x09 || (byte >= 0x20 && byte !== 0x7f && byte <= 0xff);
/** RFC 6455 §3: no fragment. */
const isTargetByte = (byte: number): boolean => byte > 0x20 && byte < 0x7f && byte !== 0x23;

class Reader {
  at = 0;
  lineAt = 0;
  isInStartLine = false;
  readonly kind: "request" | "response";
  readonly bytes: Uint8Array;
  readonly terms: HeadTerms;
  readonly before: HeadsBefore;

  constructor(
    kind: "request" | "response",
    bytes: Uint8Array,
    terms: HeadTerms,
    before: HeadsBefore,
  ) {
    this.kind = kind;
    this.bytes = bytes;
    this.terms = terms;
    this.before = before;
  }

  /** The next byte, if the limits allow one more. */
  peek(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw INCOMPLETE;
    const isHeadFull = this.before.bytes + this.at >= this.terms.headBytes;
    const lineBytes = this.at - this.lineAt;
    if (isHeadFull || lineBytes >= this.terms.lineBytes) {
      if (this.kind === "request" && this.isInStartLine && lineBytes > 0) {
        this.refuse("request-line-too-long");
      }
      this.refuse(isHeadFull ? "head-too-large" : "line-too-long");
    }
    return byte;
  }

  refuse(rule: string): never {
    const fault: HeadFault = { rule, at: this.at };
    throw fault;
  }

  /** One byte of a class. RFC 9112 §2.2: a line feed stands behind a carriage return and nowhere else. */
  take(isOfClass: (byte: number) => boolean, rule: string): string {
    const byte = this.peek();
    if (byte === LF) this.refuse("bare-line-feed");
    if (!isOfClass(byte)) this.refuse(rule);
    this.at += 1;
    return String.fromCharCode(byte);
  }

  is(isOfClass: (byte: number) => boolean): boolean {
    return isOfClass(this.peek());
  }

  /** The line feed behind a carriage return. */
  endLine(): void {
    if (this.peek() !== LF) this.refuse("bare-carriage-return");
    this.at += 1;
    this.lineAt = this.at;
  }

  /** RFC 9112 §2.3. @returns the minor version. */
  version(malformed: string): 0 | 1 {
    for (const [index, character] of [..."HTTP/1."].entries()) {
      const code = character.charCodeAt(0);
      if (index === 5 && this.is((byte) => isDigit(byte) && byte !== code)) {
        this.refuse("http-version-unsupported");
      }
      this.take((byte) => byte === code, malformed);
    }
    if (this.is((byte) => isDigit(byte) && byte > 0x31)) this.refuse("http-version-unsupported");
    return Number(this.take(isDigit, malformed)) as 0 | 1;
  }
}

const isCarriageReturn = (byte: number): boolean => byte === CR;
const isSpace = (byte: number): boolean => byte === SP;

/** Reads as much as there is. */
export function readHead(
  kind: "request" | "response",
  bytes: Uint8Array,
  terms: HeadTerms,
  before: HeadsBefore,
): ReadHead | HeadFault | "incomplete" {
  const reader = new Reader(kind, bytes, terms, before);
  try {
    const start = kind === "request" ? requestLine(reader) : statusLine(reader);
    const headers = headerLines(reader);
    return { ...start, headers, size: reader.at };
  } catch (reason) {
    if (reason === INCOMPLETE) return "incomplete";
    if (typeof reason === "object" && reason !== null && "rule" in reason) {
      return reason as HeadFault;
    }
    throw reason;
  }
}

type StartLine = Omit<ReadHead, "headers" | "size">;

/** RFC 9112 §3, and §2.2 for the empty lines before it. */
function requestLine(reader: Reader): StartLine {
  reader.isInStartLine = true;
  const malformed = "request-line-malformed";
  while (reader.is(isCarriageReturn)) {
    reader.at += 1;
    reader.isInStartLine = false;
    reader.endLine();
    reader.isInStartLine = true;
  }
  let method = reader.take(isTokenByte, malformed);
  while (reader.is(isTokenByte)) method += reader.take(isTokenByte, malformed);
  reader.take(isSpace, malformed);
  let target = reader.take(isTargetByte, malformed);
  while (reader.is(isTargetByte)) target += reader.take(isTargetByte, malformed);
  reader.take(isSpace, "target-malformed");
  const minorVersion = reader.version(malformed);
  reader.take(isCarriageReturn, malformed);
  reader.endLine();
  reader.isInStartLine = false;
  return { method, target, status: 0, statusText: "", minorVersion };
}

/** RFC 9112 §4. A client accepts a missing space before a missing reason. */
function statusLine(reader: Reader): StartLine {
  const malformed = "status-line-malformed";
  const minorVersion = reader.version(malformed);
  reader.take(isSpace, malformed);
  let status = reader.take((byte) => isDigit(byte) && byte !== 0x30, malformed);
  status += reader.take(isDigit, malformed) + reader.take(isDigit, malformed);
  let statusText = "";
  if (!reader.is(isCarriageReturn)) {
    reader.take(isSpace, malformed);
    while (!reader.is(isCarriageReturn)) statusText += reader.take(isValueByte, malformed);
  }
  reader.take(isCarriageReturn, malformed);
  reader.endLine();
  return { method: "", target: "", status: Number(status), statusText, minorVersion };
}

/** RFC 9112 §5, up to and with the empty line. */
function headerLines(reader: Reader): [string, string][] {
  const headers: [string, string][] = [];
  for (;;) {
    if (reader.is(isWhitespace)) {
      // §5.2: a client replaces a fold by a space; a server may refuse it, and no field stands before the first line.
      const folded = headers.at(-1);
      if (reader.kind === "request" || folded === undefined) reader.refuse("obsolete-folding");
      folded[1] = [folded[1], valueLine(reader)].filter((part) => part !== "").join(" ");
      continue;
    }
    if (reader.is(isCarriageReturn)) {
      reader.at += 1;
      reader.endLine();
      return headers;
    }
    if (reader.is(isTokenByte) && reader.before.headers + headers.length >= reader.terms.headers) {
      reader.refuse("too-many-headers");
    }
    let name = reader.take(isTokenByte, "header-name-malformed");
    while (!reader.is((byte) => byte === 0x3a)) {
      const isBlank = reader.is(isWhitespace);
      name += reader.take(isTokenByte, isBlank ? "space-before-colon" : "header-name-malformed");
    }
    reader.at += 1;
    headers.push([name, valueLine(reader)]);
  }
}

/** Up to the end of the line, without the white space around it (RFC 9110 §5.5). */
function valueLine(reader: Reader): string {
  let value = "";
  while (!reader.is(isCarriageReturn)) value += reader.take(isValueByte, "header-value-malformed");
  reader.at += 1;
  reader.endLine();
  return value.replace(/^[ \t]+|[ \t]+$/g, "");
}
