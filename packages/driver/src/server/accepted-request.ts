/** The request that opened a socket, kept in little memory. */
import { MisuseError } from "@sansocket/core";
import { showFacts } from "../inspection.ts";
import type { AcceptedRequest } from "../request-facts.ts";
import type { Transport } from "../runtime/transport.ts";
import { PACKED, pack, packPlainly, unpack } from "./packed-request.ts";
import { RequestView, type Surroundings, type UpgradeFields } from "./request-view.ts";

export class OpenedRequest extends RequestView implements AcceptedRequest {
  readonly raw: unknown;
  /** From {@link pack} on one string. */
  private kept: UpgradeFields | string;

  constructor(
    transport: Transport,
    surroundings: Surroundings,
    fields: UpgradeFields,
    raw: unknown,
  ) {
    super(transport, surroundings);
    this.kept = fields;
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
    return packPlainly(this.fields);
  }

  get origin(): string | null {
    return this.fields.origin;
  }

  get protocols(): readonly string[] {
    return this.fields.protocols;
  }

  protected override get fields(): UpgradeFields {
    const { kept } = this;
    return typeof kept === "string" ? unpack(kept) : kept;
  }

  /** Lets go of all objects of the request. */
  pack(): void {
    if (typeof this.kept !== "string") this.kept = pack(this.kept);
  }
}

showFacts<OpenedRequest>(OpenedRequest, "AcceptedRequest", (request) => {
  const { method, target, host, origin, protocols, remoteAddress } = request;
  return { method, target, host, origin, protocols, remoteAddress };
});
