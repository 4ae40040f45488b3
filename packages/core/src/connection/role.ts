/**
 * Client or server, as data: the whole difference between them once the connection is open. Nothing else in this floor
 * asks which side it is on.
 */
import { MASK } from "../frame/frame-header.ts";

export interface Role {
  readonly name: "client" | "server";
  /** RFC 6455 §5.1: a client masks every frame that it sends, a server none. */
  readonly masks: boolean;
  /** What the MASK bit of the peer's frames must be. */
  readonly peerMaskBit: number;
  /** The bytes of the peer's shortest header. */
  readonly peerHeaderBytes: number;
  /** §7.1.1: the server closes the TCP connection first, so that it and not the client holds TIME_WAIT. */
  readonly endsFirst: boolean;
}

export const SERVER: Role = {
  name: "server",
  masks: false,
  peerMaskBit: MASK,
  peerHeaderBytes: 6,
  endsFirst: true,
};

export const CLIENT: Role = {
  name: "client",
  masks: true,
  peerMaskBit: 0,
  peerHeaderBytes: 2,
  endsFirst: false,
};
