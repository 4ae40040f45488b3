/**
 * What applications get to see, the same from every adapter.
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
export type { CloseInfo } from "./close-info.ts";
export type { ConnectOptions, ProxyOptions } from "./connect-options.ts";
export type { TlsClientOptions } from "./dialing.ts";
export {
  ConnectError,
  type ConnectErrorCode,
  ConnectionError,
  type ConnectionErrorCode,
  ServerError,
  type ServerErrorCode,
} from "./errors.ts";
export type { HeaderFields } from "./header-fields.ts";
export type { Message, SocketHooks } from "./hooks.ts";
export type { ListenOptions, ServeOptions } from "./listening.ts";
export type { Sendable, WriteResult } from "./outgoing.ts";
export type { Server, ShutdownOptions } from "./server.ts";
export type {
  HookOptions,
  IterationOptions,
  ServerBase,
  ServerOptions,
  TlsServerOptions,
  UpgradeHook,
} from "./server-options.ts";
export type { Socket } from "./socket.ts";
export type { NetworkAddress, OpenTransport, TlsFacts } from "./transport.ts";
export type {
  AcceptDecision,
  PlainRequest,
  PlainResponse,
  RejectOptions,
  UpgradeRequest,
} from "./upgrade-request.ts";
export {
  CloseEvent,
  type CloseEventConstructor,
  type CloseEventInit,
} from "./web/close-event.ts";
export { type ByteStreams, fromStreams } from "./web/from-streams.ts";
export type {
  StandardWebSocket,
  StandardWebSocketConstructor,
  WebSocketEvents,
} from "./web/web-socket.ts";
export { type WebSocketCloseInfo, WebSocketError } from "./web/web-socket-error.ts";
export type { BinaryType } from "./web/web-socket-session.ts";
export type {
  StandardWebSocketStream,
  StandardWebSocketStreamConstructor,
  WebSocketOpenInfo,
  WebSocketStreamOptions,
} from "./web/web-socket-stream.ts";
