/** A process that does not run for a while: nobody was silent in that time, and no time to answer has passed. */
import { describe, expect, test, vi } from "vitest";
import { ConnectError } from "../../src/index.ts";
import { RunningClock } from "../../src/runtime/running-clock.ts";
import { Deadlines } from "../../src/socket/deadlines.ts";
import { RawClient } from "../server/raw-client.ts";
import { connected, connectingTo, QUIET, Stage, settle, VirtualRuntime } from "../stage.ts";

const TEN_MINUTES = 600_000;

/** Each timer of a connection: half of its time passes, the process is frozen, the rest of it passes. */
const TIMERS = [
  { name: "idle", timeouts: { idle: 10_000 } },
  { name: "pong", timeouts: { ping: 1, pong: 10_000 } },
  { name: "lifetime", timeouts: { lifetime: 10_000 } },
] as const;

describe("a frozen process finds, when it goes on,", () => {
  for (const { name, timeouts } of TIMERS) {
    test(`as much of timeouts.${name} left as there was before, less a second at most`, async () => {
      const stage = new Stage({ timeouts: { ...QUIET, ...timeouts } });
      const peer = await stage.opened();
      await stage.runtime.advance(5_000);
      await stage.runtime.freeze(TEN_MINUTES);
      await stage.runtime.advance(3_900);
      expect(stage.server.sockets[0]!.state).toBe("open");
      await stage.runtime.advance(1_200);
      expect(stage.server.sockets[0]!.state).toBe("closing");
      await peer.pump();
      expect(peer.endpoint.ended?.peerClose?.code).toBe(1001);
    });
  }

  test("clients open that answered every ping, and hears them answer one more", async () => {
    const stage = new Stage({ timeouts: { idle: 12_000, ping: 3_000, pong: 2_000 } });
    const peers = [await stage.opened(), await stage.opened()];
    for (let round = 0; round < 20; round += 1) {
      await stage.runtime.advance(1_000);
      for (const peer of peers) await peer.pump();
    }
    await stage.runtime.freeze(TEN_MINUTES);
    for (let round = 0; round < 20; round += 1) {
      for (const peer of peers) await peer.pump();
      await stage.runtime.advance(1_000);
    }
    expect(peers.map(({ endpoint }) => endpoint.state)).toEqual(["open", "open"]);
  });

  test("as much of timeouts.close left", async () => {
    const { socket, runtime, peer } = await connected({ timeouts: { ...QUIET, close: 5_000 } });
    void socket.close();
    await runtime.advance(2_000);
    await runtime.freeze(TEN_MINUTES);
    await runtime.advance(1_900);
    expect(peer.transport.isDestroyed).toBe(false);
    await runtime.advance(1_200);
    expect(peer.transport.isDestroyed).toBe(true);
  });

  test("as much of a server's timeouts.handshake left", async () => {
    const stage = new Stage({ timeouts: { ...QUIET, handshake: 5_000 } });
    const client = new RawClient(stage);
    client.says("GET / HTTP/1.1\r\n");
    await stage.runtime.advance(2_000);
    await stage.runtime.freeze(TEN_MINUTES);
    await stage.runtime.advance(1_900);
    expect(client.transport.written).toEqual([]);
    await stage.runtime.advance(1_200);
    expect(client.transport.written).not.toEqual([]);
  });

  test("as much of a client's timeouts.handshake left", async () => {
    const { connecting, runtime } = connectingTo({ timeouts: { ...QUIET, handshake: 5_000 } });
    const failed = vi.fn();
    connecting.catch(failed);
    await runtime.advance(2_000);
    await runtime.freeze(TEN_MINUTES);
    await runtime.advance(1_900);
    expect(failed).not.toHaveBeenCalled();
    await runtime.advance(1_200);
    expect(failed).toHaveBeenCalledWith(expect.any(ConnectError));
  });

  test("as much of a shutdown's grace left", async () => {
    const stage = new Stage({ timeouts: QUIET, message: () => new Promise(() => {}) });
    const peer = await stage.opened();
    peer.endpoint.sendText("never answered");
    await peer.pump();
    void stage.server.shutdown({ grace: 5_000 });
    await stage.runtime.advance(2_000);
    await stage.runtime.freeze(TEN_MINUTES);
    await stage.runtime.advance(1_900);
    expect(stage.server.connections).toBe(1);
    await stage.runtime.advance(1_200);
    await peer.pump();
    expect(stage.server.connections).toBe(0);
  });

  test("time in which a hook computes left out, too", async () => {
    const stage = new Stage({ timeouts: { ...QUIET, idle: 6_000 } });
    const peer = await stage.opened();
    await stage.runtime.advance(4_000);
    for (let second = 0; second < 60; second += 1) {
      stage.runtime.skip(1_000);
      stage.server.sockets[0]!.write("still computing"); // looks at the clock
    }
    await settle();
    await stage.runtime.advance(0);
    await peer.pump();
    expect(stage.server.sockets[0]!.state).toBe("open");
  });
});

describe("the clock of deadlines", () => {
  test("never goes back, and goes on while every timer is late", async () => {
    const runtime = new VirtualRuntime();
    const deadlines = new Deadlines(runtime);
    deadlines.after(TEN_MINUTES, () => {});
    let last = deadlines.now();
    const start = last;
    for (let round = 0; round < 50; round += 1) {
      await runtime.freeze(round % 2 === 0 ? 1_090 : 2_500);
      const now = deadlines.now();
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
    expect(last - start).toBeGreaterThanOrEqual(50 * 1_000);
  });

  test("leaves nothing out while nothing is waited for, and no timer runs", () => {
    const runtime = new VirtualRuntime();
    const clock = new RunningClock(runtime);
    const start = clock.now();
    runtime.skip(TEN_MINUTES);
    expect(clock.now() - start).toBe(TEN_MINUTES);
  });
});
