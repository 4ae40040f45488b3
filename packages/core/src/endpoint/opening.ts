/**
 * The opening handshake as an endpoint sees it: the state of one role's opening, and the functions that act on the state. The
 * function that makes an endpoint hands both over. The class `Endpoint` thus imports neither role's opening, and a program
 * that makes only servers does not carry a client.
 */
import type { Connection } from "../connection/connection.ts";
import type { Step } from "../connection/step.ts";
import type { ExtensionAgreement } from "../extension/extension.ts";
import type { ClientOpening } from "./client-opening.ts";
import type { AcceptOptions, AnswerOptions, ServerOpening } from "./server-opening.ts";

export type OpeningState = ServerOpening | ClientOpening;

/** The functions of one role's opening. All endpoints of the role share one object. */
export interface OpeningRules {
  /** Reads on. `Step.Open`: the opening is done, and has opened the connection. */
  step(connection: Connection, opening: OpeningState): Step;
  /** The deadline of the handshake has passed. */
  expire(connection: Connection, opening: OpeningState): void;
  /** The answers of an application to a request. null: only a server has requests. */
  readonly answers: {
    accept(
      connection: Connection,
      opening: OpeningState,
      options: AcceptOptions,
    ): { readonly protocol: string; readonly agreement: ExtensionAgreement } | null;
    answer(
      connection: Connection,
      opening: OpeningState,
      command: "reject" | "respond",
      status: number,
      options: AnswerOptions,
      now: number,
    ): boolean;
  } | null;
}
