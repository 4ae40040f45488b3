/**
 * Law 5. With the default timeouts, from any state, a silent peer and finitely many calls of handleTimeout at the deadline
 * reach Ended: nothing waits for ever.
 */
import fc from "fast-check";
import { checkedEvents, createChecked } from "../engine/binding.ts";
import type { Engine } from "../engine/engine.ts";
import { handshakes } from "../generators/handshakes.ts";
import { streams } from "../generators/streams.ts";
import { examples } from "./example.ts";
import { anyBeginning, farewells, perform } from "./farewells.ts";
import { checkLaw, LawBroken, type LawOptions } from "./law.ts";

/** More than any sequence of handshake, ping, pong, idle and close deadlines needs. */
const MOST_TIMEOUTS = 50;

const COMMANDS = ["nothing", "text", "half a message", "ping", "close"] as const;

/**
 * Law 5: with a silent peer, finitely many timeouts reach the end from any state. Throws with the smallest counterexample.
 */
export function deadlineLaw(engine: Engine, options: LawOptions = {}): void {
  const inputs = examples(anyBeginning(options), ({ from, role }) =>
    from === "open" ? streams(role, options.extensions) : handshakes(role),
  );
  const commands = fc.array(fc.constantFrom(...COMMANDS), { maxLength: 3 });
  checkLaw(
    "deadlineLaw",
    [engine],
    fc.property(inputs, commands, farewells(), (example, some, acts) => {
      const one = createChecked(engine, example.options, [
        "transmit",
        "handleTimeout",
        "deadline",
        "sendText",
        "sendBinary",
        "ping",
        "close",
      ]);
      let isEnded = false;
      let isOpen = example.options.from === "open";
      const turn = (now: number): void => {
        do {
          for (const { kind } of checkedEvents(engine.name, one.pull(now))) {
            if (kind === "ended") isEnded = true;
            if (kind === "open") isOpen = true;
          }
        } while (one.transmit(now) !== null);
      };
      turn(0);
      one.receive(example.bytes, 0);
      turn(0);
      for (const command of isOpen ? some : []) {
        if (command === "text") one.sendText("x");
        else if (command === "half a message") one.sendBinary(new Uint8Array(200));
        else if (command === "ping") one.ping(new Uint8Array(3), 0);
        else if (command === "close") one.close(1000, "", 0);
        turn(0);
      }
      let now = 0;
      for (const act of acts) {
        now = perform(one, act, now);
        turn(now);
      }
      for (let count = 0; !isEnded; count += 1) {
        if (count === MOST_TIMEOUTS) throw new LawBroken(`${MOST_TIMEOUTS} timeouts, and no end`);
        if (one.deadline === Number.POSITIVE_INFINITY)
          throw new LawBroken("no deadline, and no end");
        now = Math.max(now, one.deadline);
        one.handleTimeout(now);
        turn(now);
      }
    }),
    options,
  );
}
