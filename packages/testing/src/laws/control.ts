/** Law 6. Ping and Pong anywhere before the Close never change the data events. */
import fc from "fast-check";
import type { EngineOptions, Parser } from "../engine/engine.ts";
import { maskingKeys } from "../generators/payloads.ts";
import {
  type ControlStatement,
  controlStatements,
  extendedFramesOf,
  programs,
} from "../generators/programs.ts";
import { shownAs } from "../generators/shown.ts";
import { joinBytes } from "../wire/bytes.ts";
import { encodeFrame, type WireFrame } from "../wire/frame.ts";
import { dumpFrames } from "../wire/hex-dump.ts";
import { anyOptions, describeOptions } from "./example.ts";
import { checkLaw, type LawOptions } from "./law.ts";
import { joinPieces, requireSame, show, traceOf } from "./trace.ts";

const OPCODES = { ping: 9, pong: 10 } as const;

/** `controls` strewn between the frames, at most in front of a Close. */
function strew(
  frames: readonly WireFrame[],
  controls: readonly (readonly [at: number, control: ControlStatement])[],
  key: Uint8Array | null,
): WireFrame[] {
  const close = frames.findIndex(({ opcode }) => opcode === 8);
  const places = (close === -1 ? frames.length : close) + 1;
  const strewn: WireFrame[] = [];
  frames.forEach((frame, index) => {
    strewn.push(...controlsAt(controls, index, places, key), frame);
  });
  if (close === -1) strewn.push(...controlsAt(controls, frames.length, places, key));
  return strewn;
}

function controlsAt(
  controls: readonly (readonly [at: number, control: ControlStatement])[],
  index: number,
  places: number,
  key: Uint8Array | null,
): WireFrame[] {
  return controls
    .filter(([at]) => at % places === index)
    .map(([, { kind, bytes }]) => ({
      fin: true,
      rsv: 0,
      opcode: OPCODES[kind],
      payload: bytes,
      key,
    }));
}

interface ControlExample {
  readonly options: EngineOptions;
  readonly plain: Uint8Array;
  readonly strewn: Uint8Array;
}

function controlExamples(options: LawOptions): fc.Arbitrary<ControlExample> {
  const controls = fc.array(fc.tuple(fc.nat(), controlStatements()), {
    minLength: 1,
    maxLength: 5,
  });
  return fc
    .tuple(anyOptions(options), programs(), maskingKeys(), controls)
    .map(([engineOptions, program, key, some]) => {
      const ownKey = engineOptions.role === "server" ? key : null;
      const keys = ownKey === null ? null : [ownKey];
      const frames = extendedFramesOf(program, engineOptions.role, keys, options.extensions);
      const bytesOf = (all: readonly WireFrame[]): Uint8Array => joinBytes(all.map(encodeFrame));
      return shownAs(
        {
          options: engineOptions,
          plain: bytesOf(frames),
          strewn: bytesOf(strew(frames, some, ownKey)),
        },
        ({ plain, strewn }) =>
          `${describeOptions(engineOptions)}, receives\n${dumpFrames(plain)}\nand with control frames between\n${dumpFrames(strewn)}`,
      );
    });
}

/**
 * Law 6: pings and pongs anywhere before the Close never change the data events. Throws with the smallest counterexample.
 */
export function controlLaw(parser: Parser, options: LawOptions = {}): void {
  checkLaw(
    "controlLaw",
    [parser],
    fc.property(controlExamples(options), (example) => {
      const dataOf = (bytes: Uint8Array): string[] => {
        const { events } = traceOf(parser, example.options, [bytes]);
        return show(joinPieces(events.filter(({ kind }) => kind !== "ping" && kind !== "pong")));
      };
      requireSame(
        "control frames change what is told of the data",
        dataOf(example.plain),
        dataOf(example.strewn),
        ["without", "with"],
      );
    }),
    options,
  );
}
