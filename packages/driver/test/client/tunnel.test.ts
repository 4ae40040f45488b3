import { connectionSettings, createProxyTunnel } from "@sansocket/core";
import { expect, test } from "vitest";
import { openTunnel } from "../../src/client/tunnel.ts";
import type { Dialed, Transport, TransportHandler } from "../../src/index.ts";
import { Deadlines } from "../../src/socket/deadlines.ts";
import { settle, VirtualRuntime } from "../stage.ts";

/** Writes down what a handler is told. */
class Log implements TransportHandler {
  readonly inbox: Uint8Array<ArrayBuffer> = new Uint8Array(16);
  readonly entries: string[] = [];

  onData(chunk: Uint8Array): void {
    this.entries.push(`data ${String.fromCharCode(...chunk)}`);
  }
  onInbox(byteCount: number): void {
    this.onData(this.inbox.subarray(0, byteCount));
  }
  onEnd(): void {
    this.entries.push("end");
  }
  onDrain(): void {
    this.entries.push("drain");
  }
  onClosed(error?: string): void {
    this.entries.push(`closed ${error}`);
  }
}

/** A connection to a proxy whose other end is the test. */
class ProxyConnection implements Dialed {
  readonly handlers: TransportHandler[] = [];
  readonly calls: string[] = [];

  readonly open = (handler: TransportHandler): Transport => {
    this.handlers.push(handler);
    const say = (call: string) => (): void => void this.calls.push(call);
    return {
      write: () => true,
      endWrite: () => true,
      destroy: say("destroy"),
      pause: say("pause"),
      resume: say("resume"),
      remoteAddress: null,
      tls: null,
    };
  };

  startTls(): Promise<Dialed> {
    this.calls.push("startTls");
    return Promise.resolve(this);
  }

  destroy(): void {
    this.calls.push("destroy");
  }

  /** The handler that hears of everything now. */
  get handler(): TransportHandler {
    return this.handlers.at(-1)!;
  }

  /** @param isInbox the runtime reads into the memory of the handler. */
  says(text: string, isInbox = false): void {
    const bytes = new TextEncoder().encode(text);
    if (isInbox) {
      this.handler.inbox.set(bytes);
      this.handler.onInbox(bytes.length);
    } else {
      this.handler.onData(bytes);
    }
    bytes.fill(0); // what was read is only borrowed
  }
}

function tunnelOver(proxy: Dialed): Promise<Dialed> {
  const runtime = new VirtualRuntime();
  return openTunnel(proxy, createProxyTunnel({ host: "site.example", port: 80, headers: [] }), {
    deadlines: new Deadlines(runtime),
    settings: connectionSettings(runtime),
    signal: new AbortController().signal,
  });
}

const ANSWER = "HTTP/1.1 200 OK\r\n\r\n";

const ARRIVALS: readonly (readonly [what: string, arrive: (proxy: ProxyConnection) => void])[] = [
  ["in the packet of the proxy's answer", (proxy) => proxy.says(`${ANSWER}one`)],
  [
    "behind the answer, although reading is paused",
    (proxy) => {
      proxy.says(ANSWER);
      proxy.says("one");
    },
  ],
  [
    "in memory of the handler's",
    (proxy) => {
      proxy.says(ANSWER, true);
      proxy.says("one", true);
    },
  ],
];

for (const [what, arrive] of ARRIVALS) {
  test(`what the server sends ${what} is told to the next handler, in order, and not inside of open`, async () => {
    const proxy = new ProxyConnection();
    const opening = tunnelOver(proxy);
    arrive(proxy);
    const tunnelled = await opening;
    proxy.handler.onEnd();
    const log = new Log();
    tunnelled.open(log);
    expect(log.entries).toEqual([]);
    await settle();
    proxy.handler.onDrain();
    proxy.handler.onClosed("ECONNRESET");
    expect(log.entries).toEqual(["data one", "end", "drain", "closed ECONNRESET"]);
    expect([proxy.handlers.length, proxy.calls]).toEqual([1, ["pause", "resume"]]);
  });

  test(`TLS does not begin where the server has sent ${what}`, async () => {
    const proxy = new ProxyConnection();
    const opening = tunnelOver(proxy);
    arrive(proxy);
    const { signal } = new AbortController();
    await expect((await opening).startTls({}, "site.example", signal)).rejects.toThrow(
      /^3 bytes came behind the proxy's answer/,
    );
    expect(proxy.calls).toEqual(["pause", "destroy"]);
  });
}

test("TLS begins where the server has sent nothing behind the proxy's answer", async () => {
  const proxy = new ProxyConnection();
  const opening = tunnelOver(proxy);
  proxy.says(ANSWER);
  await (await opening).startTls({}, "site.example", new AbortController().signal);
  expect(proxy.calls).toEqual(["pause", "startTls"]);
});
