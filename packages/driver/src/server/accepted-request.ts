/** The request that opened a socket, kept in little memory. */
import { MisuseError } from "@sansocket/core";
import { showFacts } from "../inspection.ts";
import type { AcceptedRequest } from "../request-facts.ts";
import type { Transport } from "../runtime/transport.ts";
import { RequestView, type Surroundings, type UpgradeFields } from "./request-view.ts";

export class OpenedRequest extends RequestView implements AcceptedRequest {
  readonly raw: unknown;
  /** Null once the request is packed; from then on {@link packed} has the fields. */
  private unpacked: UpgradeFields | null;
  private packed = "";

  constructor(
    transport: Transport,
    surroundings: Surroundings,
    fields: UpgradeFields,
    raw: unknown,
  ) {
    super(transport, surroundings);
    this.unpacked = fields;
    this.raw = raw;
  }

  /**
   * The request of a connection that comes from another process.
   * @param packed from {@link moved}, and checked by {@link requirePacked}.
   */
  static from(transport: Transport, surroundings: Surroundings, packed: string): OpenedRequest {
    const request = new OpenedRequest(transport, surroundings, unpack(packed), null);
    request.pack();
    return request;
  }

  /** @throws MisuseError for a string that is none of {@link moved}. */
  static requirePacked(packed: string): void {
    if (PACKED.test(packed)) return;
    throw new MisuseError("request is not what `detach` gave: give its string unchanged");
  }

  /** The fields as one string, for a connection that moves to another process. */
  get moved(): string {
    this.pack();
    return this.packed;
  }

  get origin(): string | null {
    return this.fields.origin;
  }

  get protocols(): readonly string[] {
    return this.fields.protocols;
  }

  protected override get fields(): UpgradeFields {
    return this.unpacked ?? unpack(this.packed);
  }

  /**
   * Packs the fields into one string, because the application may never look at the request again. One string costs a fourth of
   * the memory of a list of header lines, which takes some 800 bytes for a browser's request.
   */
  pack(): void {
    if (this.unpacked === null) return;
    this.packed = pack(this.unpacked);
    this.unpacked = null;
  }
}

/**
 * Writes the request as one string, which {@link unpack} reads. No part of a request has a line end, and no part of the first
 * line has a space. The string holds the fields that core has judged, so that no field is judged again: the host of an absolute
 * target stands in no header line, and a Host field beside such a target may be empty (RFC 9112 §3.2.2).
 */
function pack({ method, target, host, origin, protocols, headers }: UpgradeFields): string {
  const lines = [
    `${method} ${target} ${host} ${protocols.join(",")}`,
    origin === null ? NO_ORIGIN : `${ORIGIN}${origin}`,
  ];
  for (const [name, value] of headers) lines.push(`${name}:${value}`);
  return lines.join("\n");
}

/** The text that {@link pack} writes: method, target, host and protocols; the origin; header lines. */
const PACKED = /^[^ \n]+ [^ \n]+ [^ \n]* [^ \n]*\n(-|\+[^\n]*)(\n[^\n:]+:[^\n]*)*$/;
const NO_ORIGIN = "-";
const ORIGIN = "+";

function unpack(packed: string): UpgradeFields {
  const [first, origin, ...lines] = packed.split("\n");
  const [method, target, host, protocols] = first!.split(" ");
  return {
    method: method!,
    target: target!,
    host: host!,
    origin: origin === NO_ORIGIN ? null : origin!.slice(ORIGIN.length),
    protocols: protocols === "" ? [] : protocols!.split(","),
    headers: lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1)];
    }),
  };
}

showFacts<OpenedRequest>(OpenedRequest, "AcceptedRequest", (request) => {
  const { method, target, host, origin, protocols, remoteAddress } = request;
  return { method, target, host, origin, protocols, remoteAddress };
});
