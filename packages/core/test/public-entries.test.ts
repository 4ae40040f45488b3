/** Every public function checks what it is given: an odd value in any place is a MisuseError, never another exception. */
import { describe, expect, test } from "vitest";
import { describeViolation } from "../src/describe.ts";
import { Endpoint } from "../src/endpoint/endpoint.ts";
import * as core from "../src/index.ts";
import { breachesOf, type PublicEntry } from "./odd-values.ts";
import { quietHost } from "./turn.ts";

const host = quietHost();
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const extension = { name: "x", accept: () => null };
const violation = { kind: "mask-missing", section: "5.1", closeCode: 1002, status: 0, offset: 0 };
const upgradeHeaders = () => [
  ["Host", "a"],
  ["Upgrade", "websocket"],
  ["Connection", "Upgrade"],
  ["Sec-WebSocket-Key", KEY],
  ["Sec-WebSocket-Version", "13"],
];
const HEAD =
  `Host: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${KEY}\r\n` +
  "Sec-WebSocket-Version: 13\r\n\r\n";

function requested(head: string): core.Endpoint {
  const endpoint = core.serverEndpoint({ host }, 0);
  endpoint.receive(new TextEncoder().encode(head), 0);
  if (endpoint.next() !== core.Step.Request) throw new Error("the request is not one");
  return endpoint;
}

const open = () => {
  const endpoint = core.openEndpoint("server", {}, { host }, 0);
  endpoint.next();
  return endpoint;
};
const fragmenting = (type: "text" | "binary") => {
  const endpoint = open();
  endpoint.startMessage(type);
  return endpoint;
};

/** What optional members of options may be. */
const ABSENT = ["undefined"];
/** Names that are not known are passed over here: the driver, which knows all of its options, judges those. */
const SOME_OBJECT = ["{}", "bare", "{odd}", "{symbols}", "thrower"];
/** Where each name is known. */
const NO_MEMBERS = ["{}", "bare"];
/** Of which each element is only compared. */
const LISTS = ["[]", "[null]", "[symbol]", "[5n]", "[string]", "[[]]", "[[5,5]]", "[symbols]"];
const STRINGS = ["empty", "string", "lines", "emoji"];
const LATIN1 = ["empty", "string"];
const NUMBERS = ["0", "-1", "1.5"];
const ANY_NUMBERS = [...NUMBERS, "NaN", "Infinity"];
const COUNTS = ["0", "1.5", "Infinity"];
const ANYTHING = Object.keys((await import("./odd-values.ts")).ODD_VALUES);

const settingsPlaces = (place: string) => ({
  [`${place}.limits`]: [...ABSENT, ...NO_MEMBERS],
  [`${place}.timeouts`]: [...ABSENT, ...NO_MEMBERS],
  [`${place}.extensions`]: [...ABSENT, "[]"],
  [`${place}.pieces`]: [...ABSENT, "true"],
  [`${place}.frames`]: [...ABSENT, "null"],
  [`${place}.referenceFrom`]: [...ABSENT, ...COUNTS],
});
const settings = () => ({
  host,
  limits: {},
  timeouts: {},
  extensions: [],
  pieces: false,
  frames: core.watchFrames(5),
  referenceFrom: 5,
});
const policy = () => ({
  allowedOrigins: ["https://a"],
  dangerouslyAllowAnyOrigin: false,
  secure: false,
  trustProxy: true,
});
const policyPlaces = (place: string) => ({
  [`${place}.allowedOrigins`]: [...ABSENT, "null", "[]"],
  [`${place}.dangerouslyAllowAnyOrigin`]: [...ABSENT, "true"],
  [`${place}.secure`]: [...ABSENT, "true"],
  [`${place}.trustProxy`]: [...ABSENT, "true"],
});
const clientOptions = () => ({
  ...settings(),
  url: "ws://a",
  protocols: ["a"],
  headers: [],
  unreadBodies: [401],
});
const requestPlaces = (place: string) => ({
  [`${place}.protocols`]: [...ABSENT, "[]", "[string]"],
  [`${place}.headers`]: [...ABSENT, "[]"],
  [`${place}.unreadBodies`]: [...ABSENT, ...LISTS],
});

const FUNCTIONS: Readonly<Record<string, PublicEntry>> = {
  serverEndpoint: {
    call: core.serverEndpoint,
    right: () => [
      {
        ...settings(),
        ...policy(),
        allowedHosts: ["a"],
        explain: () => "",
        explainTimeout: () => "",
      },
      0,
    ],
    takes: {
      ...settingsPlaces("0"),
      ...policyPlaces("0"),
      "0.allowedHosts": [...ABSENT, "null", "[string]"],
      "0.explain": [...ABSENT, "function"],
      "0.explainTimeout": [...ABSENT, "function"],
      1: NUMBERS,
    },
  },
  clientEndpoint: {
    call: core.clientEndpoint,
    right: () => [clientOptions(), 0],
    takes: { ...settingsPlaces("0"), ...requestPlaces("0"), 1: NUMBERS },
  },
  openEndpoint: {
    call: core.openEndpoint,
    right: () => ["server", { protocol: "a", agreement: core.NO_EXTENSIONS }, settings(), 0],
    takes: {
      1: SOME_OBJECT,
      "1.protocol": [...ABSENT, "empty", "string"],
      "1.agreement": ABSENT,
      ...settingsPlaces("2"),
      3: NUMBERS,
    },
  },
  watchFrames: { call: core.watchFrames, right: () => [5], takes: { 0: COUNTS } },
  eventsOf: { call: core.eventsOf, right: () => [open()], takes: {} },
  forwardedFor: {
    call: core.forwardedFor,
    right: () => [[["X-Forwarded-For", "::1"]], 1],
    takes: { 0: ["[]"] },
  },
  seenServer: {
    call: core.seenServer,
    right: () => [[["X-Forwarded-Port", "1"]], { scheme: "http", host: "a" }],
    takes: { 0: ["[]"], "1.host": STRINGS },
  },
  givenOptions: {
    call: core.givenOptions,
    right: () => ["options", { a: 1 }],
    takes: { 0: STRINGS, 1: SOME_OBJECT, "1.a": ANYTHING },
  },
  keptLargeBytes: { call: core.keptLargeBytes, right: () => [], takes: {} },
  trimLargeMemory: { call: core.trimLargeMemory, right: () => [], takes: {} },
  utf8Length: { call: core.utf8Length, right: () => ["a"], takes: { 0: STRINGS } },
  isCloseCodeOnWire: {
    call: core.isCloseCodeOnWire,
    right: () => [1000],
    takes: { 0: ANYTHING },
  },
  checkClose: {
    call: core.checkClose,
    right: () => [1000, "why"],
    takes: { 1: STRINGS },
  },
  closeOutcome: {
    call: core.closeOutcome,
    right: () => [{ peerClose: null, isCloseSent: false, violation: null }],
    takes: { "0.peerClose": ["null"], "0.isCloseSent": ANYTHING, "0.violation": ANYTHING },
  },
  isBytes: { call: core.isBytes, right: () => [new Uint8Array(1)], takes: { 0: ANYTHING } },
  isPreparedMessage: { call: core.isPreparedMessage, right: () => ["a"], takes: { 0: ANYTHING } },
  prepareMessage: { call: core.prepareMessage, right: () => ["a"], takes: { 0: STRINGS } },
  connectionSettings: {
    call: core.connectionSettings,
    right: () => [settings(), core.DEFAULT_LIMITS],
    takes: {
      ...settingsPlaces("0"),
      1: ABSENT,
      ...Object.fromEntries(Object.keys(core.DEFAULT_LIMITS).map((name) => [`1.${name}`, COUNTS])),
    },
  },
  serverSettings: {
    call: core.serverSettings,
    right: () => [{ ...settings(), ...policy() }],
    takes: { ...settingsPlaces("0"), ...policyPlaces("0") },
  },
  clientSettings: {
    call: core.clientSettings,
    right: () => [clientOptions()],
    takes: { ...settingsPlaces("0"), ...requestPlaces("0") },
  },
  resolveOriginPolicy: {
    call: core.resolveOriginPolicy,
    right: () => [policy()],
    takes: { 0: SOME_OBJECT, ...policyPlaces("0") },
  },
  isOriginAllowed: {
    call: core.isOriginAllowed,
    right: () => ["https://a", "a", [], { ...policy(), allowedOrigins: null }],
    takes: { 0: [...STRINGS, "null"], 1: STRINGS, 2: ["[]"], 3: SOME_OBJECT, ...policyPlaces("3") },
  },
  normalizeOrigin: {
    call: core.normalizeOrigin,
    right: () => ["https://a"],
    takes: { 0: STRINGS },
  },
  parseExtensions: {
    call: core.parseExtensions,
    right: () => [["x"]],
    takes: { 0: ["[]", "[string]"] },
  },
  formatExtensions: {
    call: core.formatExtensions,
    right: () => [[{ name: "x", parameters: [] }]],
    takes: { 0: ["[]"] },
  },
  parameterMap: {
    call: core.parameterMap,
    right: () => [{ name: "x", parameters: [{ name: "y", value: null }] }],
    takes: { "0.name": STRINGS, "0.parameters": ["[]"] },
  },
  acceptOffers: {
    call: core.acceptOffers,
    right: () => [[{ name: "x", parameters: [] }], [extension]],
    takes: { 0: ["[]"], 1: ["[]"] },
  },
  clientOffers: { call: core.clientOffers, right: () => [[extension]], takes: { 0: ["[]"] } },
  confirmResponse: {
    call: core.confirmResponse,
    right: () => [[{ name: "x", parameters: [] }], [extension]],
    takes: { 0: ["[]"], 1: ["[]"] },
  },
  headerValues: {
    call: core.headerValues,
    right: () => [[["A", "b"]], "a"],
    takes: { 0: ["[]"], 1: STRINGS },
  },
  acceptFor: { call: core.acceptFor, right: () => [KEY] },
  createKey: { call: core.createKey, right: () => [new Uint8Array(16)] },
  isValidKey: { call: core.isValidKey, right: () => [KEY], takes: { 0: ANYTHING } },
  createProxyTunnel: {
    call: core.createProxyTunnel,
    right: () => [{ host: "a", port: 1, headers: [] }],
    takes: { "0.host": ["string"], "0.headers": [...ABSENT, "[]"] },
  },
  readProxyTunnel: {
    call: core.readProxyTunnel,
    right: () => [
      core.createProxyTunnel({ host: "a", port: 1 }),
      new Uint8Array(9),
      0,
      9,
      { headBytes: 9, headers: 9, lineBytes: 9 },
    ],
    takes: {
      2: ["0"],
      3: ["0"],
      "4.headBytes": COUNTS,
      "4.headers": COUNTS,
      "4.lineBytes": COUNTS,
      "4.refusalBody": [...ABSENT, ...COUNTS],
      "0.request": ANYTHING,
      "0.body": ["null"],
      "0.outcome": ANYTHING,
    },
  },
  endProxyTunnel: {
    call: core.endProxyTunnel,
    right: () => [core.createProxyTunnel({ host: "a", port: 1 }), true],
    takes: { "0.request": ANYTHING, "0.body": ["null"], "0.outcome": ANYTHING, 1: ["true"] },
  },
  encodeRequest: {
    call: core.encodeRequest,
    right: () => [
      {
        hostHeader: "a",
        resource: "/",
        key: KEY,
        protocols: ["a"],
        offers: null,
        headers: [["A", "b"]],
      },
    ],
    takes: {
      "0.hostHeader": ["string"],
      "0.protocols": ["[]", "[string]"],
      "0.offers": ["null", ...LATIN1],
      "0.headers": ["[]"],
    },
  },
  judgeRequest: {
    call: core.judgeRequest,
    right: () => [{ method: "GET", target: "/", minorVersion: 1, headers: upgradeHeaders() }],
    takes: {
      "0.method": STRINGS,
      "0.target": STRINGS,
      "0.minorVersion": ["0"],
      "0.headers": ["[]"],
    },
  },
  encodeAcceptance: {
    call: core.encodeAcceptance,
    right: () => [{ key: KEY, protocol: "a", extensions: [], headers: [["A", "b"]] }],
    takes: { "0.protocol": ["null", ...LATIN1], "0.extensions": ["[]"], "0.headers": ["[]"] },
  },
  encodeAnswer: {
    call: core.encodeAnswer,
    right: () => [200, { statusText: "a", headers: [["A", "b"]], bodyLength: 1 }],
    takes: { "1.statusText": [...ABSENT, ...LATIN1], "1.headers": ["[]"], "1.bodyLength": ["0"] },
  },
  judgeResponse: {
    call: core.judgeResponse,
    right: () => [
      { status: 101, statusText: "", minorVersion: 1, headers: [["Upgrade", "websocket"]] },
      { key: KEY, protocols: ["a"], extensions: [extension] },
    ],
    takes: {
      "0.status": ANY_NUMBERS,
      "0.statusText": ANYTHING,
      "0.minorVersion": [...ABSENT, "0"],
      "0.headers": ["[]"],
      "1.protocols": ["[]", "[string]"],
      "1.extensions": ["[]"],
    },
  },
  checkProtocols: {
    call: core.checkProtocols,
    right: () => [["a"]],
    takes: { 0: ["[]", "[string]"] },
  },
  parseProtocols: {
    call: core.parseProtocols,
    right: () => [["a"]],
    takes: { 0: ["[]", "[string]"] },
  },
  selectProtocol: {
    call: core.selectProtocol,
    right: () => [["a"], ["b"]],
    takes: { 0: ["[]", "[string]"], 1: ["[]", "[string]"] },
  },
  parseWebSocketUri: { call: core.parseWebSocketUri, right: () => ["ws://a"] },
  describeViolation: {
    call: describeViolation,
    right: () => [violation],
    takes: {
      "0.closeCode": ANY_NUMBERS,
      "0.status": ANY_NUMBERS,
      "0.offset": ANY_NUMBERS,
      "0.section": STRINGS,
    },
  },
};

/** Of an endpoint that is made for the call. */
function method(make: () => core.Endpoint, name: keyof core.Endpoint): PublicEntry["call"] {
  return (...given) => (make()[name] as (...given: never[]) => unknown)(...given);
}

const TIME = { takes: NUMBERS };
const METHODS: Readonly<Record<string, PublicEntry>> = {
  receive: {
    call: method(open, "receive"),
    right: () => [new Uint8Array(1), 0],
    takes: { 1: TIME.takes },
  },
  received: {
    call: method(open, "received"),
    right: () => [0, 0],
    takes: { 0: ["0"], 1: TIME.takes },
  },
  endOfStream: { call: method(open, "endOfStream"), right: () => [0], takes: { 0: TIME.takes } },
  transportClosed: {
    call: method(open, "transportClosed"),
    right: () => ["ECONNRESET", 0],
    takes: { 0: ["null", ...STRINGS], 1: TIME.takes },
  },
  handleTimeout: {
    call: method(open, "handleTimeout"),
    right: () => [0],
    takes: { 0: TIME.takes },
  },
  pauseReading: { call: method(open, "pauseReading"), right: () => [0], takes: { 0: TIME.takes } },
  resumeReading: {
    call: method(open, "resumeReading"),
    right: () => [0],
    takes: { 0: TIME.takes },
  },
  setAside: {
    call: method(open, "setAside"),
    right: () => [true],
    takes: { 0: [...ABSENT, "true"] },
  },
  transmit: { call: method(open, "transmit"), right: () => [0], takes: { 0: TIME.takes } },
  sentPart: {
    call: method(() => {
      const endpoint = open();
      endpoint.sendText("a");
      endpoint.transmit(0);
      return endpoint;
    }, "sentPart"),
    right: () => [1, 0],
    takes: { 0: ["0"], 1: TIME.takes },
  },
  releaseClose: { call: method(open, "releaseClose"), right: () => [0], takes: { 0: TIME.takes } },
  abort: { call: method(open, "abort"), right: () => [0], takes: { 0: TIME.takes } },
  accept: {
    call: method(
      () => requested(`GET / HTTP/1.1\r\nSec-WebSocket-Protocol: odd\r\n${HEAD}`),
      "accept",
    ),
    right: () => [{ protocol: "odd", headers: [["A", "b"]] }, 0],
    takes: {
      0: SOME_OBJECT,
      "0.protocol": [...ABSENT, "empty", "string"],
      "0.headers": [...ABSENT, "[]"],
      1: TIME.takes,
    },
  },
  reject: {
    call: method(() => requested(`GET / HTTP/1.1\r\n${HEAD}`), "reject"),
    right: () => [400, { body: "a", headers: [["A", "b"]] }, 0],
    takes: {
      1: SOME_OBJECT,
      "1.body": [...ABSENT, ...STRINGS],
      "1.headers": [...ABSENT, "[]"],
      2: TIME.takes,
    },
  },
  respond: {
    call: method(() => requested("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "respond"),
    right: () => [200, { body: "a", headers: [["A", "b"]] }, 0],
    takes: {
      1: SOME_OBJECT,
      "1.body": [...ABSENT, ...STRINGS],
      "1.headers": [...ABSENT, "[]"],
      2: TIME.takes,
    },
  },
  sendText: { call: method(open, "sendText"), right: () => ["a"], takes: { 0: STRINGS } },
  sendBinary: {
    call: method(open, "sendBinary"),
    right: () => [new Uint8Array(1), 0, 1],
    takes: { 1: [...ABSENT, "0"], 2: [...ABSENT, "0"] },
  },
  sendPrepared: { call: method(open, "sendPrepared"), right: () => [core.prepareMessage("a")] },
  startMessage: { call: method(open, "startMessage"), right: () => ["text"] },
  sendFragment: {
    call: method(() => fragmenting("text"), "sendFragment"),
    right: () => ["a", true],
    takes: { 0: STRINGS, 1: ["true"] },
  },
  ping: {
    call: method(open, "ping"),
    right: () => [new Uint8Array(1), 0],
    takes: { 0: ["null"], 1: TIME.takes },
  },
  pong: {
    call: method(open, "pong"),
    right: () => [new Uint8Array(1)],
    takes: { 0: [...ABSENT, "null"] },
  },
  close: {
    call: method(open, "close"),
    right: () => [1000, "why", 0],
    takes: { 1: STRINGS, 2: TIME.takes },
  },
};

/** Without arguments, or with nothing but a value of ours. */
const WITHOUT_ARGUMENTS = ["delayClose", "keep", "next"];
/** A sent transmission is there before it can be told of. */
const TOLD_ELSEWHERE = ["sent"];

describe("a public function that is given an odd value", () => {
  const isMisuse = (error: unknown) => error instanceof core.MisuseError;

  for (const [name, entry] of Object.entries({ ...FUNCTIONS, ...METHODS })) {
    test(`${name} throws a MisuseError, and takes what is lawful`, () => {
      expect(() => entry.call(...(entry.right() as never[]))).not.toThrow();
      expect(breachesOf(entry, isMisuse).join("\n")).toBe("");
    });
  }

  test("stands in this table, if core exports it", () => {
    const functions = Object.entries({ ...core, describeViolation })
      .filter(([name, value]) => typeof value === "function" && !/^[A-Z]/.test(name))
      .map(([name]) => name);
    expect(Object.keys(FUNCTIONS).sort()).toEqual(functions.sort());
  });

  test("stands in this table, if an endpoint has it", () => {
    const of = (object: object) =>
      Object.entries(Object.getOwnPropertyDescriptors(object))
        .filter(([name, { value }]) => typeof value === "function" && name !== "constructor")
        .map(([name]) => name);
    const isPrivate = (name: string) =>
      [
        "nextOfOpening",
        "answer",
        "requireRequests",
        "requireOpened",
        "hear",
        "advanceTime",
      ].includes(name);
    const methods = of(Endpoint.prototype).filter((name) => !isPrivate(name));
    const listed = [...Object.keys(METHODS), ...WITHOUT_ARGUMENTS, ...TOLD_ELSEWHERE];
    expect(listed.sort()).toEqual(methods.sort());
  });
});
