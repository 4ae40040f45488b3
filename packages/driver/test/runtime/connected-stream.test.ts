import { describe, expect, test } from "vitest";
import { ConnectedStream, Life, type TransportHandler, WriteState } from "../../src/index.ts";

/** A stream without a runtime: the test says what the runtime would. */
class BareStream extends ConnectedStream {
  readonly calls: string[] = [];
  readonly remoteAddress = null;
  readonly tls = null;

  write(): boolean {
    this.writing = WriteState.Full;
    return false;
  }
  copy(): void {
    this.writing = WriteState.Copied;
  }
  protected beginEnd(): boolean {
    this.calls.push("end");
    this.writing = WriteState.Ending;
    return false;
  }
  destroy(): void {
    this.calls.push("destroy");
    this.life = Life.Leaving;
  }
  pause(): void {}
  resume(): void {}
  takes(): void {
    this.taken();
  }
  refuses(): void {
    this.writing = WriteState.Failed;
    this.taken();
  }
}

function opened(life: Life = Life.Open): { stream: BareStream; told: string[] } {
  const told: string[] = [];
  const handler: TransportHandler = {
    inbox: new Uint8Array(0),
    onData: () => void told.push("data"),
    onInbox: () => void told.push("inbox"),
    onEnd: () => void told.push("end"),
    onDrain: () => void told.push("drain"),
    onClosed: (error) => void told.push(`closed ${error}`),
  };
  return { stream: new BareStream(handler, life), told };
}

describe("a connected stream tells its handler", () => {
  for (const { what, act, told } of [
    {
      what: "of the end of the peer once",
      act: (stream: BareStream) => {
        stream.peerEnded();
        stream.peerEnded();
      },
      told: ["end"],
    },
    {
      what: "that it is closed once",
      act: (stream: BareStream) => {
        stream.closed();
        stream.closed();
      },
      told: ["closed undefined"],
    },
    {
      what: "the first failure of several",
      act: (stream: BareStream) => {
        stream.failed(Object.assign(new Error("reset"), { code: "ECONNRESET" }));
        stream.failed(new Error("later"));
        stream.closed();
      },
      told: ["closed ECONNRESET"],
    },
    {
      what: "the message of a failure that has no code",
      act: (stream: BareStream) => {
        stream.failed(new Error("certificate expired"));
        stream.closed();
      },
      told: ["closed certificate expired"],
    },
    {
      what: "of a drain, once everything is taken, and of no other",
      act: (stream: BareStream) => {
        stream.takes();
        stream.write();
        stream.takes();
        stream.takes();
      },
      told: ["drain"],
    },
    {
      what: "of one drain for a write and the end behind it",
      act: (stream: BareStream) => {
        stream.write();
        stream.endWrite();
        stream.takes();
        stream.takes();
      },
      told: ["drain"],
    },
    {
      what: "of no drain for a write that was said to be taken",
      act: (stream: BareStream) => {
        stream.copy();
        stream.takes();
      },
      told: [],
    },
    {
      what: "of no drain where the write has failed",
      act: (stream: BareStream) => {
        stream.write();
        stream.refuses();
        stream.takes();
      },
      told: [],
    },
    {
      what: "of no drain where reading has failed meanwhile",
      act: (stream: BareStream) => {
        stream.write();
        stream.failed(new Error("reset"));
        stream.takes();
      },
      told: [],
    },
    {
      what: "of no drain once it was let go of",
      act: (stream: BareStream) => {
        stream.write();
        stream.destroy();
        stream.takes();
      },
      told: [],
    },
  ]) {
    test(what, () => {
      const { stream, told: heard } = opened();
      act(stream);
      expect(heard).toEqual(told);
    });
  }
});

describe("the end of the writing half", () => {
  test("is told once the handshake of TLS is done, and destroys the connection before", () => {
    const early = opened(Life.Handshaking);
    expect(early.stream.endWrite()).toBe(false);
    expect(early.stream.calls).toEqual(["destroy"]);
    const late = opened(Life.Handshaking);
    late.stream.secured();
    expect(late.stream.endWrite()).toBe(false);
    expect(late.stream.calls).toEqual(["end"]);
  });

  test("is nothing for a connection that was let go of", () => {
    const { stream } = opened();
    stream.destroy();
    expect(stream.endWrite()).toBe(true);
    expect(stream.calls).toEqual(["destroy"]);
  });

  test("a handshake that is done behind the destruction does not open the connection again", () => {
    const { stream } = opened(Life.Handshaking);
    stream.destroy();
    stream.secured();
    expect(stream.hasLeft).toBe(true);
  });
});
