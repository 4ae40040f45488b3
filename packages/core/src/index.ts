/**
 * sansocket core: RFC 6455 as a pure state machine. Bytes and time in; events, bytes and the next deadline out.
 *
 * @module
 */
export { givenOptions } from "./bytes/given-arguments.ts";
export { isBytes } from "./bytes/is-bytes.ts";
export { KERNELS, type Kernels } from "./bytes/kernels.ts";
export { KEPT_LARGE_BYTES, keptLargeBytes, trimLargeMemory } from "./bytes/large-memory.ts";
export type { Memory, MemoryOwner } from "./bytes/memory.ts";
export { MisuseError } from "./bytes/misuse-error.ts";
export { utf8Length } from "./bytes/utf8-text.ts";
export type { Utf8Verdict } from "./bytes/utf8-validation.ts";
export { CloseCode, isCloseCodeOnWire } from "./connection/close-code.ts";
export { checkClose } from "./connection/closing.ts";
export {
  type CloseFrame,
  type CloseOutcome,
  closeOutcome,
  type Ended,
  type TimeoutName,
} from "./connection/ended.ts";
export { type FrameWatcher, type WatchedFrame, watchFrames } from "./connection/frame-watch.ts";
export {
  isPreparedMessage,
  type PreparedMessage,
  prepareMessage,
} from "./connection/prepared-message.ts";
export type { SendResult } from "./connection/sending.ts";
export {
  type ConnectionOptions,
  connectionSettings,
  DEFAULT_CLIENT_LIMITS,
  DEFAULT_LIMITS,
  DEFAULT_TIMEOUTS,
  type Host,
  type Limits,
  type Settings,
  type Timeouts,
} from "./connection/settings.ts";
export { Step } from "./connection/step.ts";
export type { Transmission } from "./connection/transmission.ts";
export {
  CloseViolation,
  type Violation,
  type ViolationKind,
  type WireViolation,
} from "./connection/violation.ts";
export { clientEndpoint } from "./endpoint/client-endpoint.ts";
export type { ClientRequest, ClientRequestOptions } from "./endpoint/client-opening.ts";
export type { Endpoint } from "./endpoint/endpoint.ts";
export type { EndpointFacts } from "./endpoint/endpoint-facts.ts";
export {
  type ClientEndpointOptions,
  type ClientSettings,
  clientSettings,
  type ServerEndpointOptions,
  type ServerSettings,
  serverSettings,
} from "./endpoint/endpoint-options.ts";
export { type EndpointEvent, eventsOf } from "./endpoint/events.ts";
export { type Agreed, openEndpoint } from "./endpoint/open-endpoint.ts";
export { serverEndpoint } from "./endpoint/server-endpoint.ts";
export type {
  AcceptOptions,
  AnswerOptions,
  Refusal,
  ServerPolicy,
} from "./endpoint/server-opening.ts";
export {
  type Extension,
  type ExtensionAcceptance,
  type ExtensionAgreement,
  type ExtensionOffer,
  type ExtensionParameter,
  type ExtensionSession,
  type ExtensionSnapshot,
  NO_EXTENSIONS,
} from "./extension/extension.ts";
export { formatExtensions, parameterMap, parseExtensions } from "./extension/extension-header.ts";
export {
  acceptOffers,
  clientOffers,
  confirmResponse,
  type ExtensionFault,
} from "./extension/extension-negotiation.ts";
export { FrameViolation } from "./frame/frame-violation.ts";
export { Opcode } from "./frame/opcode.ts";
export type { AllowedHost } from "./handshake/allowed-hosts.ts";
export { forwardedFor, type SeenServer, seenServer } from "./handshake/forwarded.ts";
export { type HandshakeFault, HandshakeFaultKind } from "./handshake/handshake-fault.ts";
export { type HeaderList, headerValues } from "./handshake/header-list.ts";
export type { HeadLimits } from "./handshake/http-head.ts";
export { acceptFor, createKey, isValidKey } from "./handshake/opening-key.ts";
export {
  isOriginAllowed,
  normalizeOrigin,
  type OriginPolicy,
  resolveOriginPolicy,
} from "./handshake/origin.ts";
export {
  createProxyTunnel,
  endProxyTunnel,
  type ProxyTunnel,
  type ProxyTunnelLimits,
  type ProxyTunnelOptions,
  type ProxyTunnelOutcome,
  readProxyTunnel,
} from "./handshake/proxy-tunnel.ts";
export {
  encodeRequest,
  judgeRequest,
  type OpeningRequest,
  type PlainHead,
  type RefusedRequest,
  type RequestHead,
  type RequestVerdict,
  type UpgradeHead,
} from "./handshake/request.ts";
export {
  type Acceptance,
  type Answer,
  encodeAcceptance,
  encodeAnswer,
  judgeResponse,
  type ResponseHead,
  type ResponseVerdict,
  type SentRequest,
  type ServerResponse,
} from "./handshake/response.ts";
export type { ResponseBody } from "./handshake/response-body.ts";
export { checkProtocols, parseProtocols, selectProtocol } from "./handshake/subprotocol.ts";
export { parseWebSocketUri, type WebSocketUri } from "./handshake/websocket-uri.ts";
export { MessageViolation } from "./message/message-violation.ts";
