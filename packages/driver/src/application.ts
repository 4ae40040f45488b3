/**
 * The names that every adapter exports for applications.
 *
 * @module
 */
export {
  type CloseFrame,
  type Ended,
  type Extension,
  type ExtensionOffer,
  type Limits,
  MisuseError,
  type PreparedMessage,
  prepareMessage as prepare,
  type ServerResponse,
  type TimeoutName,
  type Timeouts,
  type Violation,
  type ViolationKind,
  type WatchedFrame,
} from "@sansocket/core";
export type { ConnectOptions, ProxyOptions } from "./client/connect-options.ts";
export {
  ConnectError,
  type ConnectErrorCode,
  type ConnectErrorFacts,
  ConnectionError,
  type ConnectionErrorCode,
  type ConnectionErrorFacts,
  ServerError,
  type ServerErrorCode,
} from "./errors.ts";
export type { HeaderFields } from "./header-fields.ts";
export type { Deflate } from "./per-message-deflate.ts";
export type { AcceptedRequest, RequestFacts, UpgradeFacts } from "./request-facts.ts";
export type { TlsClientOptions } from "./runtime/dialing.ts";
export type {
  ClientCertificate,
  NetworkAddress,
  OpenTransport,
  TlsFacts,
} from "./runtime/transport.ts";
export type { PlainResponse, RejectOptions } from "./server/answer.ts";
export type { ListenOptions, ServeOptions } from "./server/listening.ts";
export type { PlainRequest } from "./server/plain-request.ts";
export type { Server } from "./server/server.ts";
export type {
  HookOptions,
  IterationOptions,
  ServerBase,
  ServerOptions,
  UpgradeHook,
  UpgradeOption,
} from "./server/server-options.ts";
export type { ShutdownOptions } from "./server/shutdown.ts";
export type { TlsCertificate, TlsServerOptions, TlsVersion } from "./server/tls-options.ts";
export type { AcceptBase, AcceptDecision, UpgradeRequest } from "./server/upgrade-request.ts";
export type { CloseInfo } from "./socket/close-info.ts";
export type { SocketHooks } from "./socket/hooks.ts";
export type { Message } from "./socket/message.ts";
export type { WriteResult } from "./socket/outgoing.ts";
export type { Sendable, SendOptions } from "./socket/sendable.ts";
export type { Socket } from "./socket/socket.ts";
export {
  CloseEvent,
  type CloseEventConstructor,
  type CloseEventInit,
} from "./web/close-event.ts";
export type { ErrorEvent } from "./web/error-event.ts";
export { type ByteStreams, fromStreams } from "./web/from-streams.ts";
export type {
  StandardWebSocket,
  StandardWebSocketConstructor,
  WebSocketEvents,
  WebSocketHandler,
  WebSocketListener,
  WebSocketListenerOptions,
} from "./web/web-socket.ts";
export { type WebSocketCloseInfo, WebSocketError } from "./web/web-socket-error.ts";
export type { BinaryType } from "./web/web-socket-session.ts";
export type {
  StandardWebSocketStream,
  StandardWebSocketStreamConstructor,
  WebSocketOpenInfo,
  WebSocketStreamOptions,
} from "./web/web-socket-stream.ts";
