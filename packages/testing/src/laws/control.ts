/** Law 6. Ping and Pong anywhere before the Close never change the data events. */
import fc from "fast-check";
import type { Engine } from "../engine/engine.ts";
import { maskingKeys } from "../generators/payloads.ts";
import {
  type ControlStatement,
  controlStatements,
  extendedFramesOf,
  programs,
} from "../generators/programs.ts";
import { joinBytes } from "../wire/bytes.ts";
import { encodeFrame, type WireFrame } from "../wire/frame.ts";
import {
  anyOptions,
  checkLaw,
  joinPieces,
  type LawOptions,
  requireSame,
  show,
  traceOf,
} from "./law.ts";

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

/**
 * Law 6: pings and pongs anywhere before the Close never change the data events. Throws with the smallest counterexample.
 */
export function controlLaw(engine: Engine, options: LawOptions = {}): void {
  const controls = fc.array(fc.tuple(fc.nat(), controlStatements()), {
    minLength: 1,
    maxLength: 5,
  });
  checkLaw(
    fc.property(
      anyOptions(),
      programs(),
      maskingKeys(),
      controls,
      (engineOptions, program, key, some) => {
        const ownKey = engineOptions.role === "server" ? key : null;
        const frames = extendedFramesOf(
          program,
          engineOptions.role,
          ownKey === null ? null : [ownKey],
          options.extensions,
        );
        const dataOf = (all: readonly WireFrame[]): string[] => {
          const { events } = traceOf(engine, engineOptions, [joinBytes(all.map(encodeFrame))]);
          return show(joinPieces(events.filter(({ kind }) => kind !== "ping" && kind !== "pong")));
        };
        requireSame(
          "control frames change what is told of the data",
          dataOf(frames),
          dataOf(strew(frames, some, ownKey)),
        );
      },
    ),
    options,
  );
}
