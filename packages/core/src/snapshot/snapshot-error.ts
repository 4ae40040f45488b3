/** Why an endpoint cannot be put into a snapshot now, or why bytes are no snapshot that can be restored. */

/** The reason of a {@link SnapshotError}. The first five come from taking a snapshot, the others from restoring one. */
export type SnapshotFault =
  /** The opening handshake is under way: only an open connection moves. */
  | "opening"
  /** The connection has ended, or its transport has. */
  | "ended"
  /** The transport still has bytes of a transmission, or the end of our half: wait until `sent`. */
  | "transmission"
  /** The extension session has a state that cannot move. */
  | "extension"
  /** With the option `frames`: frames wait that the host has not pulled. */
  | "watch"
  /** The bytes do not begin as a snapshot does, or their check sum is wrong. */
  | "damaged"
  /** Another version of the format. */
  | "version"
  /** A field has a value that no snapshot contains. */
  | "invalid"
  /** The snapshot holds more than the limits of the new settings allow. */
  | "limit"
  /** The new settings differ from the old settings in a way that matters: `pieces`, `frames`, or the extensions. */
  | "settings";

/** Thrown by `snapshotEndpoint` and `restoreEndpoint`. Nothing was changed when it is thrown. */
export class SnapshotError extends Error {
  /** "SnapshotError", to tell it from other errors across copies of the package. */
  override readonly name = "SnapshotError";
  /** Why; a program decides by this member. */
  readonly fault: SnapshotFault;
  /** The byte of the snapshot at which the fault was found; -1 when no byte is at fault. */
  readonly offset: number;

  constructor(fault: SnapshotFault, message: string, offset: number = -1) {
    super(offset < 0 ? message : `${message} (byte ${offset} of the snapshot)`);
    this.fault = fault;
    this.offset = offset;
  }
}
