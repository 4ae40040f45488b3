/** The head of an HTTP message as a person reads it: a line per line, with its line end in sight. */
import { quoteLatin1 } from "./text.ts";

const MOST_SHOWN = 120;

/** The lines of a head. Long lines are shown in part. Takes any bytes and never throws. */
export function dumpHead(bytes: Uint8Array): string {
  const lines = quoteLatin1(bytes).split(/(?<=\\n)/);
  return lines.map((line) => `  ${elided(line)}`).join("\n");
}

function elided(line: string): string {
  if (line.length <= MOST_SHOWN) return line;
  return `${line.slice(0, 60)}... (${line.length} characters) ...${line.slice(-20)}`;
}
