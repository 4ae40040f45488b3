/** The subprotocol, the extensions and the extension session in a snapshot (RFC 6455 §4.2.2, §9.1). */
import type { AgreedFacts, Connection } from "../connection/connection.ts";
import { NOT_AGREED } from "../connection/connection.ts";
import type {
  ExtensionOffer,
  ExtensionParameter,
  ExtensionSession,
} from "../extension/extension.ts";
import { areClaimableBits } from "../extension/extension.ts";
import { SnapshotError } from "./snapshot-error.ts";
import {
  invalid,
  readBytes,
  readList,
  readOptional,
  readText,
  type SnapshotReader,
} from "./snapshot-reader.ts";
import {
  type SnapshotWriter,
  writeBytes,
  writeList,
  writeOptional,
  writeText,
} from "./snapshot-writer.ts";

/** No header line of a handshake is longer. */
const MOST_TEXT = 65_536;
const MOST_ELEMENTS = 1_000;

export function writeAgreed(writer: SnapshotWriter, agreed: AgreedFacts): void {
  writeText(writer, agreed.protocol);
  writeList(writer, agreed.extensions, writeElement);
}

function writeElement(writer: SnapshotWriter, element: ExtensionOffer): void {
  writeText(writer, element.name);
  writeList(writer, element.parameters, writeParameter);
}

function writeParameter(writer: SnapshotWriter, { name, value }: ExtensionParameter): void {
  writeText(writer, name);
  writeOptional(writer, value, writeText);
}

export function readAgreed(reader: SnapshotReader): AgreedFacts {
  const protocol = readText(reader, "the subprotocol", MOST_TEXT);
  const extensions = readList(reader, "extensions", MOST_ELEMENTS, readElement);
  return protocol === "" && extensions.length === 0 ? NOT_AGREED : { protocol, extensions };
}

function readElement(reader: SnapshotReader): ExtensionOffer {
  const name = readText(reader, "the name of an extension", MOST_TEXT);
  const parameters = readList(reader, "parameters", MOST_ELEMENTS, readParameter);
  return { name, parameters };
}

function readParameter(reader: SnapshotReader): ExtensionParameter {
  const name = readText(reader, "the name of a parameter", MOST_TEXT);
  const value = readOptional(reader, "a parameter", (from) =>
    readText(from, "the value of a parameter", MOST_TEXT),
  );
  return { name, value };
}

/** @throws SnapshotError "extension" for a session that cannot move, or not now. */
export function writeSession(writer: SnapshotWriter, session: ExtensionSession | null): void {
  if (session === null) {
    writeText(writer, "");
    return;
  }
  const answer = session.snapshot?.() ?? "the extension has no method snapshot";
  if (typeof answer === "string") {
    throw new SnapshotError("extension", `the connection cannot move now: ${answer}`);
  }
  writeText(writer, answer.extension);
  writeBytes(writer, answer.state);
}

/**
 * Lets the extension of the new settings make the session again.
 * @throws SnapshotError "settings" when no extension of this name can, and "invalid" when none takes the state.
 */
export function readSession(
  reader: SnapshotReader,
  agreed: AgreedFacts,
  { settings }: Connection,
): ExtensionSession | null {
  const name = readText(reader, "the name of the session's extension", MOST_TEXT);
  if (name === "") return null;
  const { at } = reader;
  const state = readBytes(reader, "the state of the extension");
  const element = agreed.extensions.find((agreedOn) => agreedOn.name === name);
  if (element === undefined) throw invalid(at, `its session belongs to no agreed extension`);
  const able = settings.extensions.filter(
    (extension) => extension.name === name && extension.restore !== undefined,
  );
  if (able.length === 0) {
    throw new SnapshotError(
      "settings",
      `the connection uses the extension ${name}: give settings.extensions one of this name that can be restored`,
    );
  }
  for (const extension of able) {
    const session = extension.restore!(element, state);
    if (session === null) continue;
    if (areClaimableBits(session.rsv)) return session;
    throw invalid(at, `the session of ${name} claims the bits ${session.rsv}`);
  }
  throw invalid(at, `the extension ${name} does not take its state`);
}
