/**
 * Connections that move from one server to another while they are open: see docs/hand-off.md.
 *
 * @module
 */

export { SnapshotError, type SnapshotFault } from "@sansocket/core/snapshot";
export { type AdoptOptions, adopt } from "./hand-off/adopt.ts";
export {
  type DetachedConnection,
  type DetachOptions,
  detach,
  detachBy,
  type MovedConnection,
} from "./hand-off/detach.ts";
