/** Frames in, steps out (RFC 6455 §5 and §6.2): the cursor. */
import { applyInputEnd, closeWhenSeen, drainDiscarded, fail } from "./closing.ts";
import { AT_HEADER, type Connection, InputEnd, Reading, Writing, watching } from "./connection.ts";
import { completeSmallFrame, leaveEvent, refillInput, settleInput } from "./input.ts";
import { HeaderRead, readHeader } from "./receiving-header.ts";
import { isGathered, readPayload } from "./receiving-payload.ts";
import { quickMessage } from "./receiving-quick.ts";
import { Step } from "./step.ts";

// A constant, as in `receiving-quick`.
const { Idle } = Step;

/** The next step; {@link Step.Idle} when nothing more happens until the next input. */
export function nextStep(connection: Connection): Step {
  if (connection.isQuick) {
    const step = quickMessage(connection);
    if (step !== Idle) return step;
    if (quickIdle(connection)) return Idle;
  }
  return plainStep(connection);
}

/**
 * The end of almost every turn: the window is read to its end, and nothing else is under way. The plain path finds the same by
 * nine calls.
 */
function quickIdle(connection: Connection): boolean {
  const { position, end, rest, ending, deferred, inputEnd } = connection;
  if (position !== end || rest !== null || ending !== null || deferred !== null) return false;
  if (inputEnd !== InputEnd.Unknown) return false;
  settleInput(connection);
  return true;
}

function plainStep(connection: Connection): Step {
  moveOn(connection);
  const { watch } = connection;
  if (watch === null) return advance(connection);
  // A frame is reported before the step that the frame led to, and behind the step that led to the frame.
  if (watching(connection).next(watch)) return Step.Frame;
  let step = watch.held as Step;
  watch.held = Step.Idle;
  if (step === Step.Idle) step = advance(connection);
  if (!watching(connection).next(watch)) return step;
  watch.held = step;
  return Step.Frame;
}

/** The cursor leaves the event that it stood on. */
function moveOn(connection: Connection): void {
  // The host has not seen a step that is held back, so the bytes of this step must stay.
  if (connection.watch !== null && connection.watch.held !== Step.Idle) return;
  if (connection.writing === Writing.CloseDue) closeWhenSeen(connection);
  if (connection.eventBytes !== null) leaveEvent(connection);
  const { deferred } = connection;
  if (deferred !== null) {
    connection.deferred = null;
    if (connection.reading !== Reading.Frames) return;
    if (connection.watch !== null) watching(connection).incomingEnd(connection.watch, false);
    fail(connection, deferred.kind, deferred.offset);
  }
}

function advance(connection: Connection): Step {
  if (connection.reading === Reading.Frames) {
    const step = readFrames(connection);
    if (step !== Step.Idle) return step;
  }
  return stepAtRest(connection);
}

/** No frame is left to read. The steps that may remain are a violation and the end. */
export function stepAtRest(connection: Connection): Step {
  const { ending } = connection;
  if (ending !== null && ending.violation !== null && !ending.isViolationReported) {
    ending.isViolationReported = true;
    return Step.Violation;
  }
  drainDiscarded(connection);
  settleInput(connection);
  if (connection.inputEnd !== InputEnd.Unknown) applyInputEnd(connection);
  return reportEnd(connection);
}

/** Reads until a step is reached, input runs out, or a rule is broken. */
function readFrames(connection: Connection): Step {
  for (;;) {
    if (connection.frameLeft === AT_HEADER) {
      const read = readHeader(connection);
      if (read === HeaderRead.Violation) return Step.Idle;
      if (read === HeaderRead.Incomplete) {
        if (refillInput(connection)) continue;
        return Step.Idle;
      }
      completeSmallFrame(connection);
    } else if (connection.position === connection.end) {
      if (connection.rest === null) return Step.Idle;
      if (!isGathered(connection)) refillInput(connection);
    }
    const step = readPayload(connection);
    if (step !== Step.Idle) return step;
    if (connection.reading !== Reading.Frames) return Step.Idle;
  }
}

function reportEnd(connection: Connection): Step {
  const { ending } = connection;
  if (ending === null || ending.ended === null || ending.isEndedReported) return Step.Idle;
  ending.isEndedReported = true;
  return Step.Ended;
}
