/**
 * The engine bound to any transport: sockets, a server and a client, written once for all runtimes. Applications import
 * an adapter, `@sansocket/node` and its siblings; authors of an adapter or of a transport import this package.
 *
 * @module
 */
export {
  type Adapter,
  type CreateOptions,
  createServerWith,
  type ServerClass,
  type ServerParts,
  serveWith,
} from "./adapter.ts";
export * from "./application.ts";
export { type ConnectWays, connectWith, type Platform } from "./client/connect.ts";
export { checkOptions, refuseOptions } from "./known-options.ts";
export { judgedLater, type OptionKind } from "./option-kinds.ts";
export { deflateWith } from "./per-message-deflate.ts";
export {
  CERTIFICATE_MISSING,
  type CertificateFields,
  certificateDistrusted,
  clientCertificate,
} from "./runtime/client-certificate.ts";
export { ConnectedStream, Life, ReadState, WriteState } from "./runtime/connected-stream.ts";
export { type Dialed, type Dialer, reasonOf, unlessAborted } from "./runtime/dialing.ts";
export { queueMicrotask } from "./runtime/globals.ts";
export { joined, lengthOf } from "./runtime/joined-chunks.ts";
export { type LongRun, longRunOf, type RunTime } from "./runtime/long-run.ts";
export { ReadBuffer } from "./runtime/read-buffer.ts";
export { Relay } from "./runtime/relay.ts";
export { type Runtime, type WebPlatform, webRuntime } from "./runtime/runtime.ts";
export {
  type BufferClass,
  type BufferSizes,
  bufferTextKernels,
  type TextKernels,
} from "./runtime/text-kernels.ts";
export type { Transport, TransportHandler } from "./runtime/transport.ts";
export { type KernelSizes, type WasmKernels, wasmKernels } from "./runtime/wasm-kernels.ts";
export { type Accepted, type Accepting, acceptAll } from "./server/accepting.ts";
export type { Along, Handed, Intake, Listener } from "./server/intake.ts";
export {
  type Acceptor,
  BACKLOG,
  type Listen,
  onAllAddresses,
} from "./server/listening.ts";
export type { OwnAnswer } from "./server/refusal.ts";
export { intakeOf, Server, type ServerPlatform } from "./server/server.ts";
export { withFileMode } from "./server/socket-file.ts";
export { Socket } from "./socket/socket.ts";
export { createWebSocketClass } from "./web/web-socket.ts";
export { createWebSocketStreamClass } from "./web/web-socket-stream.ts";
