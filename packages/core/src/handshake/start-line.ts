/** The start lines of the head machine: a program with one role carries one of them. */
import { isDigit } from "../bytes/digit.ts";
import { isFieldValueCode, isTokenCode } from "../bytes/http-token.ts";
import type { HandshakeFaultKind } from "./handshake-fault.ts";
import * as Position from "./head-position.ts";
import { type HttpHeadReader, keep, takeElement } from "./http-head-reader.ts";
import { isTargetCode } from "./request-target.ts";

const CR = 0x0d;
const SP = 0x20;

/** RFC 9112 §2.3: the common, case-sensitive prefix of the versions that the engine reads. */
const VERSION_PREFIX = "HTTP/1.";
/** The index of the major version in the prefix. */
const MAJOR_VERSION_AT = 5;

/** RFC 9112 §3: method SP request-target SP HTTP-version CRLF. */
export function takeRequestLine(reader: HttpHeadReader, byte: number): HandshakeFaultKind | null {
  switch (reader.position) {
    case Position.MethodStart:
    case Position.Method:
      if (isTokenCode(byte)) {
        reader.position = Position.Method;
        return keep(reader, byte);
      }
      if (reader.position === Position.MethodStart) {
        // RFC 9112 §2.2: empty lines before the request line SHOULD be ignored. They count as bytes of the head.
        if (byte !== CR) break;
        reader.position = Position.PrecedingLineFeed;
        return null;
      }
      if (byte !== SP) break;
      reader.method = takeElement(reader);
      reader.position = Position.TargetStart;
      return null;
    case Position.TargetStart:
    case Position.Target:
      if (isTargetCode(byte)) {
        reader.position = Position.Target;
        return keep(reader, byte);
      }
      if (reader.position === Position.TargetStart) break;
      if (byte !== SP) return "target-malformed";
      reader.target = takeElement(reader);
      reader.position = Position.RequestVersion;
      return null;
    case Position.RequestVersion:
      return takeVersion(reader, byte, Position.RequestLineEnd, "request-line-malformed");
    default:
      if (byte !== CR) break;
      reader.position = Position.StartLineFeed;
      return null;
  }
  return "request-line-malformed";
}

/** RFC 9112 §4: HTTP-version SP status-code SP [ reason-phrase ] CRLF. */
export function takeStatusLine(reader: HttpHeadReader, byte: number): HandshakeFaultKind | null {
  switch (reader.position) {
    case Position.ResponseVersion:
      return takeVersion(reader, byte, Position.StatusCodeStart, "status-line-malformed");
    case Position.StatusCodeStart:
      if (byte !== SP) break;
      reader.statusCode = 0;
      reader.position = Position.StatusCode;
      return null;
    case Position.StatusCode:
      if (reader.matched < 3) {
        // No status begins with 0. A status from 600 on has no meaning (RFC 9110 §15), but servers send some, and a client
        // may report it.
        if (!isDigit(byte) || (reader.matched === 0 && byte === 0x30)) break;
        reader.statusCode = reader.statusCode * 10 + (byte - 0x30);
        reader.matched += 1;
        return null;
      }
      if (byte === SP) {
        reader.matched = 0;
        reader.position = Position.StatusText;
        return null;
      }
      // This is no part of the grammar: servers without a reason phrase often leave out the space too (h2o/picohttpparser
      // #47). Only a client reads a status line, and no attack can use the missing space. So the engine is as lenient here
      // as all clients.
      if (byte !== CR) break;
      reader.matched = 0;
      reader.position = Position.StartLineFeed;
      return null;
    default:
      if (byte === CR) {
        reader.statusText = takeElement(reader);
        reader.position = Position.StartLineFeed;
        return null;
      }
      if (isFieldValueCode(byte)) return keep(reader, byte);
  }
  return "status-line-malformed";
}

/** RFC 9112 §2.3: "HTTP/" DIGIT "." DIGIT. Well-formed versions that are not 1.0 or 1.1 have a fault of their own. */
function takeVersion(
  reader: HttpHeadReader,
  byte: number,
  next: Position.HeadPosition,
  malformed: HandshakeFaultKind,
): HandshakeFaultKind | null {
  if (reader.matched < VERSION_PREFIX.length) {
    if (byte !== VERSION_PREFIX.charCodeAt(reader.matched)) {
      const isOtherMajor = reader.matched === MAJOR_VERSION_AT && isDigit(byte);
      return isOtherMajor ? "http-version-unsupported" : malformed;
    }
    reader.matched += 1;
    return null;
  }
  if (!isDigit(byte)) return malformed;
  if (byte > 0x31) return "http-version-unsupported";
  reader.minorVersion = byte === 0x31 ? 1 : 0;
  reader.matched = 0;
  reader.position = next;
  return null;
}
