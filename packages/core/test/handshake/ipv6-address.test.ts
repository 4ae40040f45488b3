import { describe, expect, test } from "vitest";
import { formatIpv6Address, parseIpv6Address } from "../../src/handshake/ipv6-address.ts";

/** An address in its usual spelling (RFC 5952), or null for a text that is none. */
function spell(text: string): string | null {
  const groups = parseIpv6Address(text);
  return groups === null ? null : formatIpv6Address(groups);
}

describe("IPv6 addresses have one spelling (RFC 5952 §4)", () => {
  for (const { text, spelling, because } of [
    { text: "::", spelling: "::", because: "all zeros" },
    { text: "::1", spelling: "::1", because: "loopback" },
    { text: "0:0:0:0:0:0:0:1", spelling: "::1", because: "written out" },
    { text: "1::", spelling: "1::", because: "zeros at the end" },
    { text: "2001:DB8::1", spelling: "2001:db8::1", because: "§4.3: lower case" },
    { text: "2001:0db8::0001", spelling: "2001:db8::1", because: "§4.1: no leading zeros" },
    { text: "2001:db8:0:0:1:0:0:1", spelling: "2001:db8::1:0:0:1", because: "§4.2.3: the first" },
    { text: "2001:0:0:1:0:0:0:1", spelling: "2001:0:0:1::1", because: "§4.2.3: the longest" },
    {
      text: "2001:db8::1:1:1:1:1",
      spelling: "2001:db8:0:1:1:1:1:1",
      because: "§4.2.2: never for one group",
    },
    { text: "1:2:3:4:5:6:7:8", spelling: "1:2:3:4:5:6:7:8", because: "no zeros" },
    { text: "::2:3:4:5:6:7:8", spelling: "0:2:3:4:5:6:7:8", because: "one group at the start" },
    { text: "1:2:3:4:5:6:7::", spelling: "1:2:3:4:5:6:7:0", because: "one group at the end" },
    { text: "::ffff:127.0.0.1", spelling: "::ffff:7f00:1", because: "an IPv4 address at the end" },
    {
      text: "1:2:3:4:5:6:255.255.255.255",
      spelling: "1:2:3:4:5:6:ffff:ffff",
      because: "after six",
    },
    { text: "::0.0.0.0", spelling: "::", because: "an IPv4 address of zeros" },
  ]) {
    test(`${text} is ${spelling}: ${because}`, () => {
      expect(spell(text)).toBe(spelling);
    });
  }
});

describe("what is no IPv6 address (RFC 3986 §3.2.2)", () => {
  for (const { text, because } of [
    { text: "", because: "nothing" },
    { text: ":", because: "half of ::" },
    { text: ":::", because: "too many colons" },
    { text: "1", because: "one group" },
    { text: "1:2:3:4:5:6:7", because: "seven groups" },
    { text: "1:2:3:4:5:6:7:8:9", because: "nine groups" },
    { text: "1:2:3:4:5:6:7:8:", because: "a colon at the end" },
    { text: "1:", because: "a colon at the end of less" },
    { text: "1::2:", because: "a colon at the end, where a gap makes up for the groups" },
    { text: ":1:2:3:4:5:6:7", because: "a colon at the start" },
    { text: "1::2::3", because: "two gaps" },
    { text: "1::2:::", because: "two gaps, the second at the end" },
    { text: "1:2:3:4::5:6:7:8", because: "the gap would stand for nothing" },
    { text: "::1:2:3:4:5:6:7:8", because: "the same at the start" },
    { text: "1:2:3:4:5:6:7:8::", because: "the same at the end" },
    { text: "12345::", because: "five digits" },
    { text: "g::", because: "no hexadecimal digit" },
    { text: "::1%eth0", because: "a zone" },
    { text: "::1 ", because: "a space" },
    { text: "::127.0.0", because: "three bytes" },
    { text: "::127.0.0.1.1", because: "five bytes" },
    { text: "::127.0.0.256", because: "above one byte" },
    { text: "::127.0.0.01", because: "a leading zero" },
    { text: "::127.0.0.", because: "an empty byte" },
    { text: "::127..0.1", because: "an empty byte inside" },
    { text: "::127.0.0.0001", because: "four digits" },
    { text: "::a.0.0.1", because: "a hexadecimal byte" },
    { text: "::127.0.0.1:1", because: "a group behind it" },
    { text: "127.0.0.1", because: "an IPv4 address alone" },
    { text: "1:2:3:4:5:6:7:127.0.0.1", because: "nine groups, counted in 16 bits" },
    { text: "1:2:3:4:5:6:7:8:127.0.0.1", because: "ten" },
  ]) {
    test(`${JSON.stringify(text)}: ${because}`, () => {
      expect(parseIpv6Address(text)).toBe(null);
    });
  }
});
