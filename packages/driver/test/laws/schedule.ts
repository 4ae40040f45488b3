/**
 * The laws of any schedule: a network reads, takes, drains and ends in any order, and an application pauses, resumes and
 * takes its time. The same messages come out in the same order on both sides, and everything ends.
 */
import fc from "fast-check";
import { settle } from "../stage.ts";
import { checked, type DriverLawOptions, requireSame, requireSettled } from "./driver-law.ts";
import { type Action, actions, reads, writes } from "./schedule-actions.ts";
import { APPLICATIONS, numberOf, Play } from "./schedule-play.ts";

/** `limits.undelivered`, bytes: none, less than a header, and room for some messages. */
const ROOMS = [0, 10, 20_000] as const;

/** @throws Error when the application and the driver do not both see one end. */
async function requireOneEnd(play: Play): Promise<void> {
  requireSame("how often the application was told of the end", play.ends, 1);
  requireSame("what the driver did against its rules", [...new Set(play.faults)], []);
  requireSame("messages that the application keeps", play.kept.map(numberOf), play.gotByUs);
  await requireSettled("pings and sends of an ended connection", [...play.rtts, ...play.sends]);
  requireSame("connections and timers that are left", play.remains, 0);
}

async function perform(play: Play, script: readonly Action[]): Promise<void> {
  for (const action of script) {
    play.act(action);
    if (action.do === "time-passes") await play.runtime.advance(action.ms);
    else await settle();
    play.judgeWaiting();
  }
}

function arrivedAtPeer(play: Play): string[] {
  return play.peer.messages.map((bytes) => numberOf(bytes as Uint8Array));
}

/** @throws Error unless both sides have got everything, and the connection has ended cleanly. */
async function requireWhole(play: Play): Promise<void> {
  requireSame("messages that we got", play.gotByUs, play.sentByPeer);
  requireSame("messages that the peer got", arrivedAtPeer(play), play.sentByUs);
  await requireOneEnd(play);
  const [info] = await requireSettled("closed", [play.socket.closed]);
  requireSame("wasClean", info!.wasClean, true);
  requireSame("the end of our stream was sent", play.peer.transport.isWriteEnded, true);
  const results = await Promise.all([...play.rtts, ...play.sends]);
  requireSame("lost pings and sends", results.filter((one) => one === "closed").length, 0);
}

const CLOSERS = ["peer", "us", "both"] as const;

/** Whatever the schedule, the same messages come out in the same order on both sides, and the connection ends cleanly. */
export async function scheduleLaw(options: DriverLawOptions = {}): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.array(actions, { minLength: 1, maxLength: 60 }),
      fc.constantFrom(...APPLICATIONS),
      fc.boolean(),
      fc.constantFrom(...CLOSERS),
      fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300_000 })),
      fc.constantFrom(...ROOMS),
      async (script, application, isSlow, close, room, undelivered) => {
        const play = await Play.begin({ application, isSlow, room, undelivered });
        await perform(play, script);
        await play.finish(close);
        await requireWhole(play);
      },
    ),
    checked(options, 600),
  );
}

/**
 * Whatever the hooks of one turn do to their socket: messages keep their order, none comes while the application pauses, and no
 * hook is called while another one runs. Only `drain` may be called inside a hook, because a hook may write.
 */
export async function turnLaw(options: DriverLawOptions = {}): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      reads,
      fc.constantFrom("server hooks" as const, "client hooks" as const),
      fc.constantFrom(...CLOSERS),
      async (script, application, close) => {
        const room = Number.POSITIVE_INFINITY;
        const play = await Play.begin({ application, isSlow: false, room, undelivered: 20_000 });
        await perform(play, script);
        await play.finish(close);
        await requireWhole(play);
      },
    ),
    checked(options, 300),
  );
}

/**
 * However slowly the network takes what we send: `send` resolves when the transport has its message and not before, `ready`
 * when there is room, and pressure ends with what caused it.
 */
export async function slowNetworkLaw(options: DriverLawOptions = {}): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      writes,
      fc.constantFrom(...APPLICATIONS),
      fc.constantFrom(...CLOSERS),
      async (script, application, close) => {
        const play = await Play.begin({ application, isSlow: false, room: 0, undelivered: 20_000 });
        await perform(play, script);
        await play.finish(close);
        await requireWhole(play);
      },
    ),
    checked(options, 300),
  );
}

/** A connection that breaks off anywhere delivers a prefix on each side, and ends. */
export async function brokenScheduleLaw(options: DriverLawOptions = {}): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.array(actions, { minLength: 1, maxLength: 40 }),
      fc.constantFrom(...APPLICATIONS, "server without a taker" as const),
      fc.boolean(),
      fc.constantFrom("reset", "end", "abort"),
      fc.integer({ min: 0, max: 300_000 }),
      fc.boolean(),
      fc.constantFrom(...ROOMS),
      async (script, application, isSlow, how, room, isForgotten, undelivered) => {
        const play = await Play.begin({ application, isSlow, room, undelivered });
        await perform(play, script);
        if (how === "reset") play.peer.transport.breaks("ECONNRESET");
        else if (how === "end") play.peer.transport.ends();
        else play.socket.abort();
        await settle();
        if (how === "reset" && application === "server without a taker") {
          // Input that found no room waits a second for a loop.
          const isOver = play.socket.state === "closed";
          if (!isOver) await play.runtime.advance(1_000);
          const when = isOver ? "at once" : "within a second";
          requireSame(`ends that an application without a taker hears of ${when}`, play.ends, 1);
        }
        // An application that is stuck hears of the end all the same, from the hook.
        if (isForgotten && !application.endsWith("loop")) {
          for (let seconds = 0; seconds < 20; seconds += 1) await play.runtime.advance(1_000);
          requireSame("ends that a stuck application hears of", play.ends, 1);
        }
        play.calmDown();
        for (let seconds = 0; seconds < 20; seconds += 1) {
          await play.runtime.advance(1_000);
          for (const finish of play.unfinished.splice(0)) finish();
          for (const go of play.unyielded.splice(0)) go();
        }
        for (let left = 0; left < 200; left += 1) {
          await settle();
          for (const finish of play.unfinished.splice(0)) finish();
        }
        play.peer.fromDriver();
        const { gotByUs, sentByPeer, sentByUs } = play;
        requireSame("a prefix for us", gotByUs, sentByPeer.slice(0, gotByUs.length));
        const arrived = arrivedAtPeer(play);
        requireSame("a prefix for the peer", arrived, sentByUs.slice(0, arrived.length));
        await requireOneEnd(play);
      },
    ),
    checked(options, 600),
  );
}
