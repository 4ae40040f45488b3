/** Memory for large messages that the application keeps. */
import { Buffer } from "node:buffer";
import process from "node:process";
import { pacedAllocate } from "@sansocket/driver";

/**
 * As `new Uint8Array(byteCount)`, without the zeros that the engine writes over anyway. `allocUnsafe` would give a part of a
 * buffer that others have parts of.
 */
function unfilled(byteCount: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.allocUnsafeSlow(byteCount).buffer);
}

/**
 * The C library of Linux (glibc) gives memory back to the system when more than 128 KiB are free at the end of the heap. The
 * system then provides each page of the next message anew: 170 to 270 page faults for an echo of 1 MiB. Once a block of its own
 * mapping was freed, glibc keeps twice the bytes of that block. This block of 16 MiB, which is never written and so takes no
 * memory, makes glibc keep up to 32 MiB, as one message of the largest length would.
 */
function letHeapStay(): void {
  if (process.platform === "linux") new ArrayBuffer(16_777_216);
}

let hasBegun = false;

/** For `host.allocate`. */
export const allocate: (byteCount: number) => Uint8Array<ArrayBuffer> = pacedAllocate(
  (byteCount) => {
    if (!hasBegun) letHeapStay();
    hasBegun = true;
    return unfilled(byteCount);
  },
);
