/**
 * The law of accepted requests: whatever a request looked like, if the server takes it, every fact of it can be read, without
 * an exception, in the hook and as long as the connection lasts, and reads the same at both times.
 */
import fc from "fast-check";
import type { RequestFacts } from "../../src/index.ts";
import { ScriptedTransport, Stage, settle } from "../stage.ts";
import { checked, type DriverLawOptions, requireSame } from "./driver-law.ts";

type AnyRequest = RequestFacts;

/** Every getter that the class of the request has, those of its parents included. `moved` is no fact: it holds all of them for a hand-off. */
function factsOf(request: AnyRequest): Record<string, unknown> {
  const facts: Record<string, unknown> = {};
  for (let proto: object = Object.getPrototypeOf(request); proto !== Object.prototype; ) {
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(proto))) {
      if (get === undefined || ["signal", "fields", "moved"].includes(name) || name in facts)
        continue;
      const value: unknown = Reflect.get(request, name);
      if (value instanceof URL) facts[name] = value.href;
      else facts[name] = value instanceof Headers ? [...value] : structuredClone(value);
    }
    proto = Object.getPrototypeOf(proto);
  }
  return facts;
}

const targets = fc.oneof(
  fc.constantFrom("/", "/chat?x=1", "//", "/%", "/|^%zz", "*", "a:80", "http://any.example/chat"),
  fc.constantFrom(
    "ws://any.example",
    "HTTPS://[::1]:8080?q",
    "http://a%41:/x",
    "http://1.2.3.999/",
  ),
  fc.constantFrom("http://any.example:65535//x", "http://!$&'()*+,;=/", "ws://xn--/", "/http://a/"),
);
const hosts = fc.constantFrom(
  "",
  "site.example",
  "any.example",
  "[::1]:1",
  "a%2Fb",
  "xn--",
  "1.2.3.999",
  "a..b:",
);
const extras = fc.constantFrom(
  "Origin: http://site.example",
  "Origin: null",
  "Origin:",
  "Sec-WebSocket-Protocol: a, b",
  "Sec-WebSocket-Protocol: c",
  "Sec-WebSocket-Extensions: x; y=1, z",
  "Cookie: a=\xe9:\t \xff;\u0085",
  "X:",
  "x: 1",
  "__proto__: x",
  "constructor: y",
  "X-Forwarded-For: ::1, unknown,, 1.2.3.4:80",
  "X-Forwarded-Proto: gopher",
  "X-Forwarded-Host: a b",
  "X-Forwarded-Port: 99999",
  'Forwarded: for="[::1]:x";proto=\\;host="',
);
export const UPGRADE_FIELDS: readonly string[] = [
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
];

const heads = fc
  .record({
    method: fc.constantFrom("GET", "GET", "GET", "OPTIONS", "CONNECT", "x"),
    target: targets,
    version: fc.constantFrom("1.1", "1.1", "1.0"),
    host: fc.option(hosts),
    isUpgrade: fc.boolean(),
    more: fc.array(extras, { maxLength: 5 }),
  })
  .map(({ method, target, version, host, isUpgrade, more }) => {
    const lines = [
      `${method} ${target} HTTP/${version}`,
      ...(host === null ? [] : [`Host: ${host}`]),
    ];
    return `${[...lines, ...(isUpgrade ? UPGRADE_FIELDS : []), ...more].join("\r\n")}\r\n\r\n`;
  });

interface RequestsTold {
  readonly seen: readonly {
    readonly request: AnyRequest;
    readonly inHook: Record<string, unknown>;
  }[];
  readonly errors: readonly unknown[];
  readonly stage: Stage;
}

/** What each kind of request told in its hook, and an upgrade request behind the opening. */
export async function requestsTold(head: string, trustProxy: boolean): Promise<RequestsTold> {
  const seen: { request: AnyRequest; inHook: Record<string, unknown> }[] = [];
  const look = (request: AnyRequest) => void seen.push({ request, inHook: factsOf(request) });
  const errors: unknown[] = [];
  const stage = new Stage({
    dangerouslyAllowAnyOrigin: true,
    trustProxy,
    upgrade(request) {
      look(request);
      return request.accept();
    },
    request(request) {
      look(request);
      return {};
    },
    error: (_socket, error) => void errors.push(error.code),
  });
  let transport: ScriptedTransport | undefined;
  stage.server.accept((handler) => {
    transport = new ScriptedTransport(handler);
    return transport;
  });
  transport!.arrives(Uint8Array.from(head, (character) => character.charCodeAt(0)));
  await settle();
  return { seen, errors, stage };
}

/** @returns the kinds of requests and holders that the examples reached. */
export async function requestFactsLaw(options: DriverLawOptions = {}): Promise<Set<string>> {
  const reached = new Set<string>();
  await fc.assert(
    fc.asyncProperty(heads, fc.boolean(), async (head, trustProxy) => {
      const { seen, errors, stage } = await requestsTold(head, trustProxy);
      const faults = errors.filter((code) => code !== "handshake-refused");
      requireSame("errors besides refusals", faults, []);
      for (const { request, inHook } of seen) {
        requireSame("facts behind the hook", factsOf(request), inHook);
        reached.add("origin" in request ? "UpgradeRequest" : "PlainRequest");
      }
      for (const socket of stage.server.sockets) {
        reached.add("socket");
        requireSame("facts of the socket", factsOf(socket.request!), seen[0]!.inHook);
      }
    }),
    checked(options, 1_000),
  );
  return reached;
}
