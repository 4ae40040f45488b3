/** Output on its way to the transport: the next transmission, and the reports of what the transport has taken. */
import { describeValue } from "../bytes/describe-value.ts";
import { MisuseError } from "../bytes/misuse-error.ts";
import { isConstantOutput, lendOutput, outputTaken, Taking } from "../bytes/output-queue.ts";
import { closeWhenSeen, isPatient, startPatience } from "./closing.ts";
import { CloseSent, type Connection, Writing } from "./connection.ts";
import { queueWaitingPong } from "./control.ts";
import { deadlineAfter, NEVER } from "./deadline.ts";
import { PingState } from "./keepalive.ts";
import { noteTaken, readBy } from "./progress.ts";
import { finishWriting, noteEndLent } from "./transitions.ts";

/** The work that `Endpoint.transmit` gives to the host's transport. */
export interface Transmission {
  /**
   * Bytes to write, in this order. The engine lends these bytes until `sent`. The engine does not change them before, and
   * may use their memory again afterwards.
   */
  readonly chunks: readonly Uint8Array[];
  /**
   * Nobody ever writes the bytes of the chunks again: they are the frame of a prepared message. So a host may call `sent`
   * while its transport still reads them.
   */
  readonly isConstant: boolean;
  /**
   * "end-write": end the writing half of the transport behind the chunks (TCP FIN), and continue to read. "destroy":
   * destroy the transport; there are no chunks.
   */
  readonly then: "continue" | "end-write" | "destroy";
}

const NO_CHUNKS: readonly Uint8Array[] = [];

function makeTransmission(
  chunks: readonly Uint8Array[],
  isConstant: boolean,
  then: Transmission["then"],
): Transmission {
  return { chunks, isConstant, then };
}

/** The next transmission; null when there is no output, or while the transport still has the last transmission. */
export function transmit(connection: Connection): Transmission | null {
  const { ending, output } = connection;
  if (ending !== null) {
    if (connection.writing === Writing.CloseDue) closeWhenSeen(connection);
    if (ending.isDestroyLent) return null;
    if (ending.ended !== null) {
      ending.isDestroyLent = true;
      return makeTransmission(NO_CHUNKS, false, "destroy");
    }
  }
  if (output.lent > 0 || connection.writing === Writing.EndLent) return null;
  const isEnd = connection.writing === Writing.Ending;
  if (output.queued === 0 && !isEnd) return null;
  if (connection.keepalive !== null && connection.keepalive.pingState === PingState.Queued) {
    connection.keepalive.pingState = PingState.Lent;
  }
  if (isEnd) noteEndLent(connection);
  if (ending !== null && ending.localClose !== null && ending.closeSent === CloseSent.No) {
    ending.closeSent = CloseSent.Lent;
  }
  const isConstant = isConstantOutput(output);
  return makeTransmission(lendOutput(output), isConstant, isEnd ? "end-write" : "continue");
}

/** The transport has taken `byteCount` bytes more of the current transmission, and not all of it. */
export function sentPart(connection: Connection, byteCount: number, now: number): void {
  const { output } = connection;
  if (connection.ending?.ended) return;
  const left = output.lent - output.lentTaken;
  if (!Number.isInteger(byteCount) || byteCount < 0 || byteCount > left) {
    throw new MisuseError(
      `sentPart(${describeValue(byteCount)}): ${left} bytes are with the transport`,
    );
  }
  connection.now = now;
  output.lentTaken += byteCount;
  noteTaken(connection, byteCount, now);
  noteProgress(connection, now);
  renewCloseTimer(connection, now);
}

/**
 * A transport that was full, has taken some bytes, and has more bytes to take, shows that the peer reads. Bytes that a
 * transport takes at once prove nothing, since a kernel takes megabytes for a dead peer. The last bytes that a transport
 * takes late prove nothing either, since some transports report every write late.
 */
function noteProgress(connection: Connection, now: number): void {
  if (connection.output.taking === Taking.Busy) connection.progressAt = now;
}

/**
 * Gives more time to a peer that takes our last words slowly. The timer is not renewed while our Close is due, because an
 * application could send for ever.
 */
function renewCloseTimer(connection: Connection, now: number): void {
  if (isPatient(connection)) startPatience(connection, now);
  else if (connection.closeAt !== NEVER && connection.writing !== Writing.CloseDue) {
    connection.closeAt = deadlineAfter(now, connection.settings.timeouts.close);
  }
}

/** The transport has taken the whole transmission. The chunks belong to the engine again. */
export function sent(connection: Connection, now: number): void {
  const { output } = connection;
  const taking = output.taking === Taking.Busy ? Taking.Later : Taking.AtOnce;
  if (connection.ending !== null && connection.ending.ended !== null) {
    output.taking = taking;
    return;
  }
  const byteCount = output.lent;
  noteTaken(connection, byteCount - output.lentTaken, now);
  if (output.queued > 0) noteProgress(connection, now);
  output.taking = taking;
  outputTaken(output);
  if (connection.ending?.closeSent === CloseSent.Lent)
    connection.ending.closeSent = CloseSent.Taken;
  if (connection.writing === Writing.EndLent) finishWriting(connection);
  const { keepalive } = connection;
  if (keepalive !== null) {
    if (keepalive.pingState === PingState.Lent) {
      keepalive.pingState = PingState.Taken;
      // The timer stands still while reading is paused. So it begins at the pause, and `resumeTimers` adds the length of
      // the pause.
      const from = connection.pausedAt === NEVER ? now : connection.pausedAt;
      keepalive.pongAt = deadlineAfter(from, connection.settings.timeouts.pong);
      keepalive.pingReadBy = readBy(connection);
      keepalive.takenSincePing = byteCount;
    }
    queueWaitingPong(connection);
  }
  renewCloseTimer(connection, now);
}

/** The transport keeps the chunks for now. The host calls `sent` later. */
export function keep(connection: Connection): void {
  connection.output.taking = Taking.Busy;
}
