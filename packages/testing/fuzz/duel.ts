/**
 * A scenario played on core and on the model side by side. Everything that both tell is compared: the steps with their facts,
 * the answers of commands, the bytes and the endings of transmissions, the deadline, the state, the unsent bytes.
 */
import {
  type ClientSettings,
  clientEndpoint,
  DEFAULT_TIMEOUTS,
  type Endpoint,
  MisuseError,
  openEndpoint,
  type ServerSettings,
  Step,
  serverEndpoint,
} from "@sansocket/core";
import { agreementOf } from "../src/engine/agreed-extensions.ts";
import { storedBlocks } from "../src/engine/stored-blocks.ts";
import { Model } from "../src/model/model.ts";
import type { BrokenRule } from "../src/model/rules.ts";
import { joined, type ModelStep } from "../src/model/terms.ts";
import { bytesOf } from "../src/model/utf8.ts";
import { joinBytes } from "../src/wire/bytes.ts";
import { endedOf, ruleOf, STEP_NAMES } from "./core-facts.ts";
import { DUEL_KEY, DUEL_OFFERS, type DuelHost, settingsOf } from "./duel-host.ts";
import { Parting, requireEqual, requireEqualBytes, requireEqualData } from "./parting.ts";
import type { Act, Scenario, Setting } from "./scenario.ts";
import { storedDeflate } from "./stored-deflate.ts";
import { stepLine, transmissionLine } from "./transcript.ts";

/** The body of the answers to refused and to plain requests. */
const ANSWER_BODY = "no";
const BLOCK_BYTES = 20;
/** More turns than any scenario needs to end. */
const MOST_TURNS = 60;

/** Where core and the model part. */
export interface Difference {
  /** The index of the act after which they parted; the number of acts for the time behind the last one. */
  readonly act: number;
  readonly what: string;
  readonly core: string;
  readonly model: string;
}

/** The result of a duel. */
export interface DuelResult {
  /** null: core and the model agree to the end. */
  readonly difference: Difference | null;
  /** The rule that the peer broke, if one was. */
  readonly rule: string | null;
}

/**
 * Plays a scenario to its end.
 * @param tell is told each step and each transmission, one line for each.
 */
export function duel(
  scenario: Scenario,
  duelHost: DuelHost,
  tell: (line: string) => void = () => {},
): DuelResult {
  let act = 0;
  let game: Duel | null = null;
  try {
    game = new Duel(scenario.setting, duelHost, tell);
    game.turn();
    for (; act < scenario.acts.length; act += 1) {
      game.play(scenario.acts[act]!);
      game.turn();
      game.compareFacts();
    }
    game.playToEnd();
    return { difference: null, rule: game.rule };
  } catch (reason) {
    // The endpoint may stand on memory of the thread, which the next duel needs.
    game?.core.abort(0);
    if (reason instanceof Parting) {
      const { what, core, model } = reason;
      return { difference: { act, what, core, model }, rule: game?.rule ?? null };
    }
    const core = reason instanceof Error ? `${reason.name}: ${reason.stack}` : String(reason);
    const difference = { act, what: "an exception", core, model: "none" };
    return { difference, rule: game?.rule ?? null };
  }
}

class Duel {
  readonly setting: Setting;
  readonly core: Endpoint;
  readonly model: Model;
  rule: string | null = null;
  private now = 0;
  /** Bytes that the peer has said and the network has not delivered. */
  private onTheWay: Uint8Array = new Uint8Array(0);
  private isSlow = false;
  /** The transport keeps a transmission. */
  private isKept = false;
  private mostSteps: number = Number.POSITIVE_INFINITY;

  private readonly tell: (line: string) => void;

  constructor(setting: Setting, { host, nextKey }: DuelHost, tell: (line: string) => void) {
    this.setting = setting;
    this.tell = tell;
    const { role, from, pieces, isCompressed, isOriginFree } = setting;
    const list = isCompressed ? [storedBlocks({ blockBytes: BLOCK_BYTES })] : [];
    const settings = settingsOf(setting, host);
    const { limits, timeouts } = settings;
    if (from === "open") {
      const agreed = { client: () => list, server: () => list };
      const agreement = isCompressed ? { agreement: agreementOf(role, agreed) } : {};
      this.core = openEndpoint(role, agreement, settings, 0);
    } else if (role === "server") {
      this.core = serverEndpoint(settings as ServerSettings, 0);
    } else {
      this.core = clientEndpoint(settings as ClientSettings, 0);
    }
    const compression = isCompressed && from === "open" ? storedDeflate(BLOCK_BYTES) : null;
    const opening = { openingKey: DUEL_KEY, offers: DUEL_OFFERS };
    this.model = new Model(
      { role, from, pieces, limits, timeouts, compression, nextKey, isOriginFree, ...opening },
      0,
    );
  }

  // ---- acts

  play(act: Act): void {
    const { core, model, now } = this;
    switch (act.kind) {
      case "say": {
        this.onTheWay = joined(this.onTheWay, act.bytes);
        this.deliver(Math.max(0, this.onTheWay.length - act.hold), act.size);
        return;
      }
      case "end":
        this.deliver(this.onTheWay.length, 0);
        core.endOfStream(now);
        model.endOfStream(now);
        return;
      case "lose":
        core.transportClosed(act.error === "" ? null : act.error, now);
        model.transportClosed(act.error === "" ? null : act.error, now);
        return;
      case "wait":
        this.now += act.ms;
        return;
      case "timeout":
        if (core.deadline === Number.POSITIVE_INFINITY) return;
        this.now = Math.max(now, core.deadline) + act.ms;
        this.tick();
        return;
      case "tick":
        this.tick();
        return;
      case "pause":
        core.pauseReading(now);
        model.pause(now);
        return;
      case "resume":
        core.resumeReading(now);
        model.resume(now);
        return;
      case "slow":
        this.isSlow = true;
        return;
      case "fast":
        this.isSlow = false;
        this.take(0);
        return;
      case "take":
        this.take(act.bytes);
        return;
      case "stop":
        this.mostSteps = act.steps;
        return;
      default:
        this.command(act);
    }
  }

  private command(act: Act): void {
    const { core, model, now } = this;
    switch (act.kind) {
      case "text":
        this.send(act.text, act.compress);
        return;
      case "binary":
        this.send(act.bytes, act.compress);
        return;
      case "start":
        this.ask("startMessage", () => core.startMessage(act.type), model.startMessage(act.type));
        return;
      case "fragment":
        this.ask(
          "sendFragment",
          () => core.sendFragment(act.data, act.final),
          model.sendFragment(act.data, act.final),
        );
        return;
      case "ping":
        this.ask("ping", () => core.ping(act.bytes, now), model.ping(act.bytes, now));
        return;
      case "pong":
        this.ask("pong", () => core.pong(act.bytes), model.pong(act.bytes));
        return;
      case "close":
        this.ask(
          "close",
          () => core.close(act.code, act.reason, now),
          model.close(act.code, act.reason, now),
        );
        return;
      case "release":
        core.releaseClose(now);
        model.releaseClose(now);
        return;
      case "abort":
        core.abort(now);
        model.abort(now);
        return;
      case "decide":
        if (model.requestWaits !== null) this.decide(act.how);
        return;
      default:
        throw new Error(`the act ${act.kind} is not known`);
    }
  }

  private send(data: string | Uint8Array, compress: boolean): void {
    const { core, model } = this;
    const toModel = model.send(data, compress);
    if (typeof data === "string") {
      this.ask("sendText", () => core.sendText(data, compress), toModel);
    } else {
      this.ask("sendBinary", () => core.sendBinary(data, 0, data.length, compress), toModel);
    }
  }

  /** A mistake of the caller is an exception in core and a word in the model. */
  private ask(command: string, core: () => unknown, model: unknown): void {
    let answer: unknown;
    try {
      answer = core();
    } catch (reason) {
      if (!(reason instanceof MisuseError)) throw reason;
      answer = "misuse";
    }
    requireEqual(`the answer of ${command}`, answer, model);
  }

  private tick(): void {
    this.core.handleTimeout(this.now);
    this.model.handleTimeout(this.now);
  }

  private decide(how: "accept" | "refuse"): void {
    const { core, model, now } = this;
    const request = model.requestWaits!;
    if (request.kind === "plain") {
      const isAnswered = core.respond(200, { body: ANSWER_BODY }, now);
      requireEqual("the answer of respond", isAnswered, model.answer(200, ANSWER_BODY, now));
    } else if (how === "accept") {
      const protocol = request.protocols[0] ?? "";
      const isAccepted = core.accept({ protocol }, now);
      requireEqual("the answer of accept", isAccepted, model.accept(protocol, now));
    } else {
      const isAnswered = core.reject(403, { body: ANSWER_BODY }, now);
      requireEqual("the answer of reject", isAnswered, model.answer(403, ANSWER_BODY, now));
    }
  }

  // ---- the network and the transport

  private deliver(byteCount: number, size: number): void {
    const stream = this.onTheWay;
    this.onTheWay = stream.slice(byteCount);
    const step = size === 0 ? byteCount : size;
    for (let at = 0; at < byteCount; at += step) {
      const chunk = stream.slice(at, Math.min(at + step, byteCount));
      this.model.receive(chunk, this.now);
      if (this.setting.usesInbox && chunk.length <= this.core.inbox.length) {
        this.core.inbox.set(chunk);
        this.core.received(chunk.length, this.now);
      } else {
        this.core.receive(chunk, this.now);
      }
      this.turn();
      // The chunk was borrowed for the turn: an engine that kept it reads nonsense from now on.
      chunk.fill(0xa5);
    }
  }

  private take(byteCount: number): void {
    if (!this.isKept) return;
    const { core, model, now } = this;
    if (byteCount > 0 && byteCount < model.bytesWithTransport) {
      core.sentPart(byteCount, now);
      model.sentPart(byteCount, now);
      return;
    }
    this.isKept = false;
    core.sent(now);
    model.sent(now);
  }

  /** Pull, transmit, and again until there is nothing left to do. */
  turn(): void {
    const { core, model } = this;
    for (;;) {
      this.pull();
      const ours = core.transmit(this.now);
      const theirs = model.transmit(this.now);
      if (ours === null || theirs === null) {
        requireEqual("whether there is output", ours !== null, theirs !== null);
        break;
      }
      const { chunks } = ours;
      const bytes = chunks.length === 1 ? chunks[0]! : joinBytes(chunks);
      requireEqualBytes("the bytes sent", bytes, theirs.bytes);
      requireEqual("what becomes of the transport", ours.then, theirs.ending);
      this.tell(transmissionLine(theirs));
      if (this.isSlow && ours.then !== "destroy") {
        this.isKept = true;
        core.keep();
        model.keep();
        break;
      }
      core.sent(this.now);
      model.sent(this.now);
    }
    this.mostSteps = Number.POSITIVE_INFINITY;
  }

  // ---- the cursor

  private pull(): void {
    for (let steps = 0; ; steps += 1) {
      if (steps >= this.mostSteps) {
        this.core.setAside();
        return;
      }
      let step = this.core.next();
      while (step === Step.Frame) step = this.core.next();
      const expected = this.model.next();
      this.compareStep(step, expected);
      if (expected === null) return;
      this.tell(stepLine(expected));
    }
  }

  private compareStep(step: Step, expected: ModelStep | null): void {
    const { core, model } = this;
    const name = STEP_NAMES[step]!;
    requireEqual("the next step", name, expected === null ? "idle" : expected.kind);
    if (expected === null) return;
    switch (expected.kind) {
      case "request":
        this.compareRequest();
        if (this.setting.decision !== "later") this.decide(this.setting.decision);
        return;
      case "open":
        requireEqual("the subprotocol", core.protocol, expected.protocol);
        return;
      case "text":
      case "binary":
        requireEqualBytes(`the ${name}`, core.chunk.subarray(core.start, core.end), expected.bytes);
        requireEqual("whether it is final", core.final, expected.final);
        if (this.setting.echoes && expected.final) this.echo(expected);
        return;
      case "ping":
      case "pong":
        requireEqualBytes(`the ${name}`, core.chunk.subarray(core.start, core.end), expected.bytes);
        if (expected.kind === "pong") requireEqual("pongOf", core.pongOf, expected.pongOf);
        return;
      case "closing":
        requireEqualData("the peer's Close", core.peerClose, expected.close);
        this.delay();
        return;
      case "violation":
        this.compareViolation(expected.violation);
        this.delay();
        return;
      case "ended":
        requireEqualData("the end", endedOf(core), expected.ended);
        requireEqual("the state", core.state, model.state);
    }
  }

  private echo({ kind, bytes }: { readonly kind: string; readonly bytes: Uint8Array }): void {
    if (kind === "text" && !this.setting.pieces) {
      const { text } = this.core;
      requireEqualBytes("the text as a string", bytesOf(text), bytes);
      this.send(text, true);
    } else {
      this.send(bytes, true);
    }
  }

  private delay(): void {
    if (!this.setting.delaysClose) return;
    requireEqual("the answer of delayClose", this.core.delayClose(), this.model.delayClose());
  }

  private compareRequest(): void {
    const request = this.core.request!;
    const expected = this.model.requestWaits!;
    requireEqual("the kind of the request", request.kind, expected.kind);
    requireEqual("the target", request.target, expected.target);
    requireEqual("the host", request.host, expected.host);
    if (request.kind !== "upgrade") return;
    requireEqual("the key", request.key, expected.key);
    requireEqualData("the subprotocols", request.protocols, expected.protocols);
  }

  private compareViolation(expected: BrokenRule): void {
    this.rule = expected.rule;
    requireEqualData("the violation", ruleOf(this.core.violation!), expected);
    const { response } = this.core;
    const known = this.model.response;
    if (response === null || known === null) return;
    requireEqual("the status", response.status, known.head.status);
    requireEqual("the reason phrase", response.statusText, known.head.statusText);
    requireEqualData("the fields", response.headers, known.head.headers);
    requireEqualBytes("the body", response.body, known.body);
    requireEqual("isBodyTruncated", response.isBodyTruncated, known.isBodyTruncated);
  }

  compareFacts(): void {
    const { core, model } = this;
    requireEqual("the deadline", core.deadline, model.deadline);
    requireEqual("the state", core.state, model.state);
    requireEqual("the unsent bytes", core.unsent, model.unsent);
  }

  /** The bytes on the way arrive, the transport takes all, and time passes until nothing more happens. */
  playToEnd(): void {
    const last: readonly Act[] = [
      { kind: "say", bytes: new Uint8Array(0), hold: 0, size: 0 },
      { kind: "fast" },
      { kind: "resume" },
      { kind: "release" },
      { kind: "decide", how: "accept" },
    ];
    for (const act of last) {
      if (this.core.state === "ended") break;
      this.play(act);
      this.turn();
      this.compareFacts();
    }
    for (let count = 0; this.core.deadline !== Number.POSITIVE_INFINITY; count += 1) {
      // A host that waits for no pong may ping for very long.
      if (count === MOST_TURNS) {
        const { pong } = { ...DEFAULT_TIMEOUTS, ...this.setting.timeouts };
        if (pong === 0) break;
        throw new Parting("the end", "still not there", "reached");
      }
      this.play({ kind: "timeout", ms: 0 });
      this.turn();
      this.compareFacts();
    }
    this.play({ kind: "end" });
    this.turn();
    this.play({ kind: "lose", error: "" });
    this.turn();
    this.compareFacts();
    requireEqual("the state at the end", this.core.state, "ended");
  }
}
