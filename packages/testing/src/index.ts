/**
 * Property-based fuzzing for WebSocket endpoints: generators of what peers say, the laws that an engine must keep, every way
 * of cutting a stream, a virtual clock. Bind your own engine to {@link Engine} and put the laws to it.
 *
 * @module
 */
export { type AgreedExtensions, agreementOf } from "./engine/agreed-extensions.ts";
export type {
  Engine,
  EngineEvent,
  EngineOptions,
  EngineUnderTest,
  Parser,
  ParserUnderTest,
  Transmitted,
} from "./engine/engine.ts";
export { retainedBytes } from "./engine/retained-bytes.ts";
export { type SansocketEngineOptions, sansocketEngine } from "./engine/sansocket-engine.ts";
export {
  type StoredBlocks,
  type StoredBlocksOptions,
  storedBlocks,
} from "./engine/stored-blocks.ts";
export {
  type BreakingOptions,
  type BrokenConversation,
  brokenConversations,
  brokenFrames,
} from "./generators/broken-conversations.ts";
export { type BrokenCloseBody, brokenCloseBodies, closeBodies } from "./generators/close-bodies.ts";
export {
  type Conversation,
  conversations,
  fragmentations,
  largeMessages,
  messages,
} from "./generators/conversations.ts";
export {
  type Cutting,
  type CuttingPlan,
  cut,
  cuttingPlans,
  cuttings,
  everyByte,
  everyPoint,
  everySize,
} from "./generators/cuttings.ts";
export {
  brokenDeflateElements,
  type DeflateElement,
  deflateElements,
} from "./generators/deflate-parameters.ts";
export { type FrameOnWire, frameHeaders, frames } from "./generators/frames.ts";
export {
  brokenHandshakeRequests,
  type HandshakeRequest,
  handshakeRequests,
  type RequestOptions,
  type StatusRange,
} from "./generators/handshake-requests.ts";
export {
  brokenHandshakeResponses,
  type HandshakeResponse,
  handshakeResponses,
} from "./generators/handshake-responses.ts";
export { handshakes } from "./generators/handshakes.ts";
export { networks } from "./generators/networks.ts";
export {
  binaryPayloads,
  controlPayloads,
  maskingKeys,
  type PayloadOptions,
  payloadLengths,
  texts,
} from "./generators/payloads.ts";
export {
  type ControlStatement,
  controlStatements,
  framesOf,
  type Program,
  programs,
  type Statement,
  type WireProgram,
  wirePrograms,
} from "./generators/programs.ts";
export { nearPrograms, streams, wildStreams } from "./generators/streams.ts";
export { type InvalidUtf8, invalidUtf8 } from "./generators/utf8.ts";
export { agreementLaw, sameTraceLaw } from "./laws/agreement.ts";
export { controlLaw } from "./laws/control.ts";
export { cuttingLaw, openingCuttingLaw } from "./laws/cutting.ts";
export { deadlineLaw } from "./laws/deadlines.ts";
export { outcomeOf } from "./laws/engine-outcome.ts";
export type { Law, LawOptions } from "./laws/law.ts";
export { linearWorkLaw, WORK_PER_BYTE } from "./laws/linear-work.ts";
export {
  type ByteConnection,
  type Connect,
  type ListeningLawOptions,
  listeningLaw,
  listeningOpeningLaw,
} from "./laws/listening.ts";
export { openingVerdictLaw } from "./laws/opening-verdict.ts";
export { type RestoreLawOptions, type RestoreLawReport, restoreLaw } from "./laws/restore.ts";
export { type RetainedMemoryOptions, retainedMemoryLaw } from "./laws/retained-memory.ts";
export { roundTripLaw } from "./laws/round-trip.ts";
export { networkFaults, networkLaw } from "./laws/simulated-network.ts";
export { type SnapshotLawOptions, snapshotLaw } from "./laws/snapshot.ts";
export { oneEndLaw, totalityLaw } from "./laws/totality.ts";
export { joinPieces, show, type Trace, traceOf } from "./laws/trace.ts";
export { type VerdictLawOptions, verdictLaw } from "./laws/verdict.ts";
export { judge, type Outcome } from "./oracle/outcome.ts";
export { judgeOutput } from "./oracle/output.ts";
export { RULES, type Rule, type RuleName } from "./oracle/rules.ts";
export {
  type End,
  type Fault,
  type Message,
  type Verdict,
  type VerdictSettings,
  verdictOf,
} from "./oracle/verdict.ts";
export {
  type CloseState,
  drawCloseMachine,
  type Transition,
} from "./search/close-machine.ts";
export {
  BrokenWorld,
  type Exploration,
  type ExploreOptions,
  explore,
  SMALL_WORLDS,
} from "./search/exploring.ts";
export type { Move, SideName, WorldSize } from "./search/small-world.ts";
export {
  type LineConditions,
  type NetworkConditions,
  type NetworkFault,
  PERFECT_LINE,
} from "./simulation/conditions.ts";
export {
  type EngineAct,
  type EngineHistory,
  engineHistories,
} from "./simulation/engine-history.ts";
export { SeededRandom } from "./simulation/seeded-random.ts";
export {
  type Arrival,
  type ConnectionEnd,
  type SimulatedConnection,
  simulatedConnection,
} from "./simulation/simulated-connection.ts";
export { VirtualClock } from "./simulation/virtual-clock.ts";
export { fromHex, joinBytes, toHex } from "./wire/bytes.ts";
export { encodeFrame, encodeHeader, type WireFrame } from "./wire/frame.ts";
export { type ReadFrame, readFrames } from "./wire/frame-reader.ts";
export { type DumpOptions, dumpFrames } from "./wire/hex-dump.ts";
export { decodeText, encodeText } from "./wire/text.ts";
export { readUtf8, type Utf8Reading } from "./wire/utf8-reader.ts";
