/**
 * Requests that a server does not take and that are answered all the same. The engine answers them, as it answers every
 * request: in order, with a good end, and with deadlines for a client that does not read or does not leave.
 */
import { Endpoint, type ServerSettings } from "@sansocket/core";
import type { ConnectionError } from "../errors.ts";
import type { OpenTransport } from "../runtime/transport.ts";
import { Binding, type Owner } from "../socket/binding.ts";

/** The owner of connections that no server counts. */
export class Refusing implements Owner {
  readonly deadlines: Owner["deadlines"];
  readonly behaviour: Owner["behaviour"];
  private readonly server: Pick<Owner, "report">;
  private readonly status: number;

  /** @param status of the answer, 400 to 599. */
  constructor(server: Pick<Owner, "deadlines" | "behaviour" | "report">, status: number) {
    this.deadlines = server.deadlines;
    this.behaviour = server.behaviour;
    this.server = server;
    this.status = status;
  }

  /** Reads the request, and answers. */
  refuse(settings: ServerSettings, open: OpenTransport): void {
    const now = this.deadlines.now();
    new Binding(this, Endpoint.server(settings, now), open, now);
  }

  requested({ endpoint, now }: Binding): void {
    if (endpoint.request!.kind === "upgrade") endpoint.reject(this.status, {}, now);
    else endpoint.respond(this.status, {}, now);
  }

  opened(): void {}

  expired(): void {}

  ended(): void {}

  report(binding: Binding, error: ConnectionError): void {
    this.server.report(binding, error);
  }
}
