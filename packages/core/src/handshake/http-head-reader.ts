/** The state of the head machine, and the element that it is reading. */
import { decodeLatin1 } from "../bytes/latin1.ts";
import type { HandshakeFault } from "./handshake-fault.ts";
import * as Position from "./head-position.ts";

/** Plain data. Callers read the fields from `done` on; the other fields are private to the machine. */
export interface HttpHeadReader {
  readonly kind: "request" | "response";
  position: Position.HeadPosition;
  /** The element being read (a method, a name, a value), without the delimiters around it. */
  element: Uint8Array<ArrayBuffer>;
  elementLength: number;
  /** The number of bytes of "HTTP/1." that were read, or of digits of a status code. */
  matched: number;
  /** The name of the field whose value is being read, or whose line may continue in the next line. */
  headerName: string;
  lineBytes: number;
  headerCount: number;
  /** Bytes taken from the stream, of all heads together. The byte of a fault does not count. */
  byteCount: number;
  /** The head is complete. */
  done: boolean;
  fault: HandshakeFault | null;
  /** Request: the method, case as sent. */
  method: string;
  /** Request: the request-target as sent. */
  target: string;
  /** Of "HTTP/1.x". */
  minorVersion: 0 | 1;
  /** Response: 100 to 999. */
  statusCode: number;
  /** Response: the reason phrase, "" when there is none. */
  statusText: string;
  /** Without the whitespace around the values; bytes above 0x7f are the characters of the same number. */
  headers: [name: string, value: string][];
}

/**
 * Most elements fit into this size. A longer element, usually a cookie, gives its buffer up before the rest of the head.
 */
const ELEMENT_CAPACITY = 256;

export function createHttpHeadReader(kind: "request" | "response"): HttpHeadReader {
  return {
    kind,
    position: firstPosition(kind),
    element: new Uint8Array(ELEMENT_CAPACITY),
    elementLength: 0,
    matched: 0,
    headerName: "",
    lineBytes: 0,
    headerCount: 0,
    byteCount: 0,
    done: false,
    fault: null,
    method: "",
    target: "",
    minorVersion: 1,
    statusCode: 0,
    statusText: "",
    headers: [],
  };
}

export function firstPosition(kind: "request" | "response"): Position.HeadPosition {
  return kind === "request" ? Position.MethodStart : Position.ResponseVersion;
}

export function keep(reader: HttpHeadReader, byte: number): null {
  if (reader.elementLength === reader.element.length) {
    const larger = new Uint8Array(reader.element.length * 2);
    larger.set(reader.element);
    reader.element = larger;
  }
  reader.element[reader.elementLength] = byte;
  reader.elementLength += 1;
  return null;
}

export function takeElement(reader: HttpHeadReader): string {
  const text = decodeLatin1(reader.element, 0, reader.elementLength);
  if (reader.element.length > ELEMENT_CAPACITY) reader.element = new Uint8Array(ELEMENT_CAPACITY);
  reader.elementLength = 0;
  return text;
}
