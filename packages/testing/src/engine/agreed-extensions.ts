/** Extensions that two ends agreed on before the law begins, for connections that open without a handshake. */
import {
  acceptOffers,
  clientOffers,
  confirmResponse,
  type Extension,
  type ExtensionAgreement,
} from "@sansocket/core";

/** The extensions of each end. Both functions make a fresh list for each connection, or give the same again. */
export interface AgreedExtensions {
  /** Those of the client. */
  readonly client: () => readonly Extension[];
  /** Those of the server. */
  readonly server: () => readonly Extension[];
}

/** The agreement of the end of this role. The other end's session is disposed of. */
export function agreementOf(
  role: "client" | "server",
  { client, server }: AgreedExtensions,
): ExtensionAgreement {
  const own = client();
  const accepted = acceptOffers(clientOffers(own), server());
  if (role === "server") return accepted;
  const confirmed = confirmResponse(accepted.extensions, own);
  disposeAgreement(accepted);
  if (typeof confirmed === "string") throw new Error(`the two ends do not agree: ${confirmed}`);
  return confirmed;
}

export function disposeAgreement(agreement: ExtensionAgreement): void {
  agreement.session?.dispose();
}
