/**
 * The role, client or server, as data: the whole difference between the two on an open connection. No other file of this
 * floor asks for the role by name.
 */
import { MASK } from "../frame/frame-header.ts";

export interface Role {
  readonly name: "client" | "server";
  /** RFC 6455 §5.1: a client masks every frame that it sends, a server none. */
  readonly masks: boolean;
  /** The MASK bit that the peer's frames must have. */
  readonly peerMaskBit: number;
  /** The number of bytes of the peer's shortest header. */
  readonly peerHeaderBytes: number;
  /** §7.1.1: the server closes the TCP connection first, so that the server and not the client holds TIME_WAIT. */
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
