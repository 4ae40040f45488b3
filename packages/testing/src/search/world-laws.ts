/**
 * The laws of every state of the small world: what both sides have told and sent so far, and what becomes of them when
 * nothing but time is left, and when the network is prompt.
 */
import { toHex } from "../wire/bytes.ts";
import { decodeText } from "../wire/text.ts";
import type { Side, SmallWorld } from "./small-world.ts";

/** More timeouts than any end needs. */
const MOST_TIMEOUTS = 50;

/** How long two healthy sides must stay open, ms. Longer than all default timeouts. */
const HEALTHY_TIME = 125_000;

/** Laws 4 and 9, and the order of frames, of what has happened so far. @throws Error */
export function requireSoundState(world: SmallWorld): void {
  for (const side of world.sides) {
    requireOneEnd(side, false);
    requirePrefix(side, world.peerOf(side));
    requireSoundOutput(side);
  }
  const { client, isLossy, hasWaited } = world;
  // §7.1.1: "the client SHOULD wait for the server to close the connection".
  if (client.hasEnded && !isLossy && !hasWaited && !client.inputs.includes("e")) {
    throw new Error("§7.1.1: the client ended its stream before the server");
  }
}

/** Law 4. */
function requireOneEnd(side: Side, isOver: boolean): void {
  const ends = side.told.filter(({ kind }) => kind === "ended").length;
  if (ends > 1 || (isOver && ends === 0)) {
    throw new Error(`law 4: the ${side.name} told Ended ${ends} times`);
  }
  if (ends === 1 && side.told.at(-1)!.kind !== "ended") {
    throw new Error(`law 4: the ${side.name} told something behind Ended`);
  }
}

/** Law 9: a side gets a prefix of what the other side sent. */
function requirePrefix(side: Side, peer: Side): void {
  const sent = peer.said.texts;
  payloadsOf(side, "text").forEach((text, index) => {
    if (text === sent[index]) return;
    throw new Error(
      `law 9: message ${index} of the ${side.name} is ${text}, and not ${sent[index]}`,
    );
  });
}

/** RFC 6455 §5.5.1: behind the one Close no data. §5.5.3: a pong for each ping, in order. */
function requireSoundOutput(side: Side): void {
  const texts: string[] = [];
  let hasClosed = false;
  for (const { opcode, payload, isWhole } of side.frames) {
    if (!isWhole) throw new Error(`the ${side.name} sent half a frame`);
    if (hasClosed && opcode !== 10) {
      throw new Error(`§5.5.1: the ${side.name} sent opcode ${opcode} behind its Close`);
    }
    if (opcode === 8) hasClosed = true;
    if (opcode === 1) texts.push(shown(payload));
  }
  requireStart(`the messages that the ${side.name} sent`, texts, side.said.texts);
  requireStart(`§5.5.3: the pongs of the ${side.name}`, pongsOf(side), payloadsOf(side, "ping"));
}

function pongsOf(side: Side): string[] {
  return side.frames.flatMap(({ opcode, payload }) => (opcode === 10 ? [shown(payload)] : []));
}

function payloadsOf(side: Side, kind: "text" | "ping"): string[] {
  return side.told.flatMap((event) => (event.kind === kind ? [shown(event.bytes)] : []));
}

/** Not a ping that an engine sends by itself. */
function isOurs(payload: string): boolean {
  return payload.startsWith("ping ");
}

function shown(bytes: Uint8Array): string {
  return decodeText(bytes) ?? toHex(bytes);
}

function requireStart(what: string, found: readonly string[], whole: readonly string[]): void {
  if (found.every((one, index) => one === whole[index])) return;
  throw new Error(`${what} are ${found.join(", ")}, of ${whole.join(", ")}`);
}

/** Law 5: the peer is silent from now on, and finitely many timeouts reach the end. @throws Error */
export function requireEndInSilence(world: SmallWorld, side: Side): void {
  const { one, told } = side;
  let { now } = world;
  for (let count = 0; !side.isOver; count += 1) {
    const at = one.deadline;
    if (at === Number.POSITIVE_INFINITY) {
      throw new Error(`law 5: the ${side.name} has no deadline, and no end`);
    }
    if (count === MOST_TIMEOUTS) {
      throw new Error(`law 5: ${MOST_TIMEOUTS} timeouts of the ${side.name}, and no end`);
    }
    now = Math.max(now, at);
    one.handleTimeout(now);
    do told.push(...one.pull(now));
    while (one.transmit(now) !== null);
  }
  requireOneEnd(side, true);
}

/**
 * Law 9: from now on the network is prompt. Two sides that are open stay open, however long; then the client closes. Both
 * sides end. If nothing was lost and no deadline has passed, both Closes crossed, everything arrived and all was answered.
 * @throws Error
 */
export function requireEndOnPromptNetwork(world: SmallWorld): void {
  const { client, server } = world;
  deliverAll(world);
  const isSound = !world.isLossy && !world.hasWaited;
  const areOpen = world.sides.every(
    (side) => side.hasTold("open") && !side.isOver && !isClosing(side),
  );
  if (areOpen && !world.isLossy) {
    for (const until = world.now + HEALTHY_TIME; world.earliest <= until; ) {
      world.wait();
      deliverAll(world);
      if (!world.sides.some(isClosing)) continue;
      throw new Error(`a healthy connection was closed after ${world.now} ms`);
    }
    if (client.one.close(1000, "", world.now)) client.said.closes += 1;
    world.flush(client);
    deliverAll(world);
  }
  // Both Closes have crossed by now, and only the ends of the streams may still need a deadline.
  if (isSound) requireEverything(world);
  for (let count = 0; !(client.isOver && server.isOver); count += 1) {
    if (world.earliest === Number.POSITIVE_INFINITY || count === MOST_TIMEOUTS) {
      throw new Error("law 9: the network is prompt, and the connection never ends");
    }
    world.wait();
    deliverAll(world);
  }
  requireSoundState(world);
  for (const side of world.sides) requireOneEnd(side, true);
}

function isClosing(side: Side): boolean {
  return side.said.closes > 0 || side.isOver || side.hasTold("closing") || side.hasEnded;
}

function deliverAll(world: SmallWorld): void {
  for (let isMoving = true; isMoving; ) {
    isMoving = false;
    for (const side of world.sides) {
      while (!side.isGone && side.wire.length > 0) {
        world.receive(side);
        isMoving = true;
      }
    }
  }
}

function requireEverything(world: SmallWorld): void {
  for (const side of world.sides) {
    const peer = world.peerOf(side);
    if (!side.hasTold("closing")) throw new Error(`law 9: the ${side.name} never got the Close`);
    requireSameList(
      `law 9: the messages of the ${side.name}`,
      payloadsOf(side, "text"),
      peer.said.texts,
    );
    const pings = payloadsOf(side, "ping");
    requireSameList(
      `law 9: the pings that the ${side.name} got`,
      pings.filter(isOurs),
      peer.said.pings,
    );
    requireSameList(`§5.5.2: the pongs of the ${side.name}`, pongsOf(side), pings);
  }
  if (!world.client.isOver || !world.server.isOver) {
    throw new Error("§7.1.1: both Closes crossed, and a deadline has to end the connection");
  }
}

function requireSameList(what: string, found: readonly string[], wanted: readonly string[]): void {
  if (found.join() === wanted.join()) return;
  throw new Error(`${what} are [${found.join(", ")}], and should be [${wanted.join(", ")}]`);
}
