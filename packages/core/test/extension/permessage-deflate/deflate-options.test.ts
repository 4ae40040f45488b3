/** Options of permessage-deflate that are wrong are mistakes of the caller, told at once and by name. */
import { describe, expect, test } from "vitest";
import { MisuseError } from "../../../src/bytes/misuse-error.ts";
import { resolveDeflateOptions } from "../../../src/extension/permessage-deflate/deflate-options.ts";
import {
  type DeflateCodec,
  permessageDeflate,
} from "../../../src/extension/permessage-deflate/permessage-deflate.ts";

const codec: DeflateCodec = {
  keepsContext: true,
  createDeflater: () => ({ deflate: (payload) => payload, reset() {}, dispose() {} }),
  createInflater: () => ({ inflate: () => "ok", reset() {}, dispose() {} }),
};

describe("options of permessage-deflate", () => {
  test("have defaults: a client takes over both ways, a server only what it receives", () => {
    const defaults = {
      threshold: 1_024,
      level: 3,
      memLevel: 8,
      maxRatio: Number.POSITIVE_INFINITY,
      movable: false,
      receiveTakeover: true,
      sendWindowBits: 15,
      receiveWindowBits: 15,
    };
    expect(resolveDeflateOptions({}, true)).toEqual({ ...defaults, sendTakeover: true });
    expect(resolveDeflateOptions({}, false)).toEqual({ ...defaults, sendTakeover: false });
  });

  test("say takeover and window for both directions, or for each", () => {
    expect(resolveDeflateOptions({ contextTakeover: false, windowBits: 9 }, true)).toMatchObject({
      sendTakeover: false,
      receiveTakeover: false,
      sendWindowBits: 9,
      receiveWindowBits: 9,
    });
    const each = { contextTakeover: { receive: false }, windowBits: { send: 10 } };
    expect(resolveDeflateOptions(each, true)).toMatchObject({
      sendTakeover: true,
      receiveTakeover: false,
      sendWindowBits: 10,
      receiveWindowBits: 15,
    });
  });

  test.each<[string, unknown]>([
    ["perMessageDeflate is", []],
    ["perMessageDeflate is", null],
    ["perMessageDeflate.treshold is not known", { treshold: 1 }],
    ["perMessageDeflate.threshold is -1", { threshold: -1 }],
    ["perMessageDeflate.threshold is NaN", { threshold: Number.NaN }],
    ["perMessageDeflate.level is 0", { level: 0 }],
    ["perMessageDeflate.level is 10", { level: 10 }],
    ["perMessageDeflate.level is 2.5", { level: 2.5 }],
    ["perMessageDeflate.memLevel is 0", { memLevel: 0 }],
    ["perMessageDeflate.maxRatio is 0.5", { maxRatio: 0.5 }],
    ["perMessageDeflate.windowBits.send is 7", { windowBits: 7 }],
    ["perMessageDeflate.windowBits.receive is 16", { windowBits: { receive: 16 } }],
    ["perMessageDeflate.windowBits.sent is not known", { windowBits: { sent: 9 } }],
    ["perMessageDeflate.contextTakeover.send is 1", { contextTakeover: { send: 1 } }],
  ])("are refused with «%s» for %o", (message, options) => {
    const make = () => permessageDeflate("server", codec, options as never);
    expect(make).toThrow(MisuseError);
    expect(make).toThrow(message);
  });

  test.each<[string, () => unknown]>([
    ["another role", () => permessageDeflate("sever" as never, codec)],
    ["no codec", () => permessageDeflate("server", undefined as never)],
    ["half a codec", () => permessageDeflate("client", { createDeflater() {} } as never)],
  ])("%s is a mistake too", (_, make) => {
    expect(make).toThrow(MisuseError);
  });
});
