/**
 * Requests that a server does not take and still answers. The engine answers such a request as every other request: in order,
 * with a clean end, and with deadlines for a client that does not read or does not leave.
 */
import { type Endpoint, type ServerSettings, serverEndpoint } from "@sansocket/core";
import type { ConnectionError } from "../errors.ts";
import type { OpenTransport } from "../runtime/transport.ts";
import { Binding, type Owner } from "../socket/binding.ts";
import { type OwnAnswer, ownAnswer } from "./refusal.ts";

/** The owner of connections that the server does not count. */
export class Refusing implements Owner {
  readonly deadlines: Owner["deadlines"];
  readonly behaviour: Owner["behaviour"];
  private readonly server: Pick<Owner, "report">;
  private readonly why: OwnAnswer;

  constructor(server: Pick<Owner, "deadlines" | "behaviour" | "report">, why: OwnAnswer) {
    this.deadlines = server.deadlines;
    this.behaviour = server.behaviour;
    this.server = server;
    this.why = why;
  }

  /** Reads the request, and answers. */
  refuse(settings: ServerSettings, open: OpenTransport): void {
    const now = this.deadlines.now();
    new Binding(this, serverEndpoint(settings, now), open, now);
  }

  requested({ endpoint, now }: Binding): void {
    giveOwnAnswer(endpoint, this.why, now);
  }

  opened(): void {}

  expired(): void {}

  ended(): void {}

  report(binding: Binding, error: ConnectionError): void {
    this.server.report(binding, error);
  }
}

/** Answers a plain request or a request for a WebSocket, and ends the connection. */
export function giveOwnAnswer(endpoint: Endpoint, why: OwnAnswer, now: number): void {
  const { status, answer } = ownAnswer(why);
  if (endpoint.request!.kind === "upgrade") endpoint.reject(status, answer, now);
  else endpoint.respond(status, answer, now);
}
