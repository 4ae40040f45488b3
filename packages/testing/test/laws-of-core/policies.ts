/**
 * The laws of a server's policies, by construction: an Origin and a Host are built from parts, so the right decision is known
 * without reading them. The same goes for the addresses that proxies write.
 */
import { forwardedFor, isOriginAllowed, resolveOriginPolicy } from "@sansocket/core";
import fc from "fast-check";
import { type CoreLawOptions, check } from "./core-law.ts";

const names = fc.constantFrom(
  "app.example",
  "APP.example",
  "api.app.example",
  "app.example.evil",
  "[::1]",
  "127.0.0.1",
);
const ports = fc.constantFrom("", ":80", ":443", ":8080", ":8081");
const schemes = fc.constantFrom("http", "https");

function portNumber(port: string, scheme: string): number {
  if (port !== "") return Number(port.slice(1));
  return scheme === "https" ? 443 : 80;
}

/** Without a list of origins, only the server's own origin may connect: scheme, host and port (RFC 6455 §10.2). */
export function originLaw(options: CoreLawOptions): void {
  const inputs = fc.record({
    secure: fc.boolean(),
    scheme: schemes,
    asking: names,
    askingPort: ports,
    own: names,
    ownPort: ports,
  });
  check(
    options,
    fc.property(inputs, ({ secure, scheme, asking, askingPort, own, ownPort }) => {
      const ownScheme = secure ? "https" : "http";
      const isSame =
        scheme === ownScheme &&
        asking.toLowerCase() === own.toLowerCase() &&
        portNumber(askingPort, scheme) === portNumber(ownPort, ownScheme);
      const origin = `${scheme}://${asking}${askingPort}`;
      const policy = resolveOriginPolicy({ secure });
      const isAllowed = isOriginAllowed(origin, `${own}${ownPort}`, [], policy);
      if (isAllowed !== isSame) throw new Error(`${origin} at ${own}${ownPort}: ${isAllowed}`);
    }),
  );
}

/** What cannot be read as one origin is let in by no policy but the one that lets in all (RFC 6455 §10.2). */
export function unreadableOriginLaw(options: CoreLawOptions): void {
  const wrong = fc.constantFrom(
    "",
    "app.example",
    "http:/app.example",
    "http://app.example/path",
    "http://app.example http://b.example",
    "http://app.example:port",
    "http://app.example:99999",
    "://app.example",
    "http://a b",
  );
  check(
    options,
    fc.property(wrong, names, ports, (origin, own, port) => {
      const policies = [
        resolveOriginPolicy({}),
        resolveOriginPolicy({ allowedOrigins: ["http://app.example"] }),
      ];
      for (const policy of policies) {
        if (isOriginAllowed(origin, `${own}${port}`, [], policy))
          throw new Error(`${origin} is let in`);
      }
    }),
  );
}

const addresses = fc.constantFrom("192.0.2.1", "198.51.100.7", "2001:db8::1", "203.0.113.9", "::1");

/** Each proxy appends the address of its peer, so the address of the client is counted from the right. */
export function forwardedLaw(options: CoreLawOptions): void {
  const inputs = fc.record({
    written: fc.array(addresses, { minLength: 1, maxLength: 5 }),
    proxies: fc.integer({ min: 1, max: 6 }),
    isStandard: fc.boolean(),
  });
  check(
    options,
    fc.property(inputs, ({ written, proxies, isStandard }) => {
      const quoted = (address: string): string =>
        address.includes(":") ? `for="[${address}]"` : `for=${address}`;
      const headers: [string, string][] = isStandard
        ? [["Forwarded", written.map(quoted).join(", ")]]
        : [["X-Forwarded-For", written.join(", ")]];
      const wanted = written.at(-proxies) ?? null;
      const found = forwardedFor(headers, proxies);
      const right = proxies > written.length ? null : wanted;
      if (found !== right)
        throw new Error(`${JSON.stringify(headers)}, ${proxies}: ${found}, not ${right}`);
    }),
  );
}
