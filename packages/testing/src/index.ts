/**
 * Property-based fuzzing for WebSocket endpoints: generators of what peers say, the laws that an engine must keep, every way
 * of cutting a stream, a virtual clock. Bind your own engine to {@link Engine} and put the laws to it.
 *
 * @module
 */
export { type AgreedExtensions, agreementOf } from "./agreed-extensions.ts";
export { handshakes } from "./arbitraries/handshakes.ts";
export {
  binaryPayloads,
  controlPayloads,
  maskingKeys,
  type PayloadOptions,
  payloadLengths,
  texts,
} from "./arbitraries/payloads.ts";
export {
  type ControlStatement,
  closeBodies,
  controlStatements,
  encodeText,
  framesOf,
  type Program,
  programs,
  type Statement,
  type WireProgram,
  wirePrograms,
} from "./arbitraries/programs.ts";
export { nearPrograms, streams, wildStreams } from "./arbitraries/streams.ts";
export { type Cutting, cut, cuttings, everyOctet, everyPoint, everySize } from "./cuttings.ts";
export type {
  Engine,
  EngineEvent,
  EngineOptions,
  EngineUnderTest,
  Transmitted,
} from "./engine.ts";
export { agreementLaw } from "./laws/agreement.ts";
export { controlLaw } from "./laws/control.ts";
export { cuttingLaw, openingCuttingLaw } from "./laws/cutting.ts";
export { deadlineLaw } from "./laws/deadlines.ts";
export { joinPieces, type Law, type LawOptions, show, type Trace, traceOf } from "./laws/law.ts";
export { linearWorkLaw, WORK_PER_OCTET } from "./laws/linear-work.ts";
export { roundTripLaw } from "./laws/round-trip.ts";
export { oneEndLaw, totalityLaw } from "./laws/totality.ts";
export { type SansocketEngineOptions, sansocketEngine } from "./sansocket-engine.ts";
export { type StoredBlocks, type StoredBlocksOptions, storedBlocks } from "./stored-blocks.ts";
export { VirtualClock } from "./virtual-clock.ts";
export { encodeFrame, fromHex, joinOctets, toHex, type WireFrame } from "./wire.ts";
