/** What is exchanged: so many connections, each with so many messages of so many octets under way. */

export interface EchoCase {
  readonly name: string;
  readonly connections: number;
  /** Messages of a connection that are under way. */
  readonly inFlight: number;
  /** "each": for every echo that comes another message leaves. "bursts": the next leave together, when all are back. */
  readonly refill: "each" | "bursts";
  readonly payloadOctets: number;
  readonly isText: boolean;
  /** How many times less CPU than `ws` ours must take; null where nothing was promised. */
  readonly target: number | null;
}

export const CASES: readonly EchoCase[] = [
  {
    name: "100x1x64",
    connections: 100,
    inFlight: 1,
    refill: "each",
    payloadOctets: 64,
    isText: false,
    target: 1.3,
  },
  {
    name: "100x16x64",
    connections: 100,
    inFlight: 16,
    refill: "each",
    payloadOctets: 64,
    isText: false,
    target: 8,
  },
  {
    name: "100x16x64-bursts",
    connections: 100,
    inFlight: 16,
    refill: "bursts",
    payloadOctets: 64,
    isText: false,
    target: 8,
  },
  {
    name: "10x1x65536",
    connections: 10,
    inFlight: 1,
    refill: "each",
    payloadOctets: 65_536,
    isText: false,
    target: null,
  },
  {
    name: "100x1x1024-text",
    connections: 100,
    inFlight: 1,
    refill: "each",
    payloadOctets: 1024,
    isText: true,
    target: null,
  },
];

export function caseNamed(name: string): EchoCase {
  const found = CASES.find((one) => one.name === name);
  if (found === undefined) {
    throw new Error(`no case ${name}; there are ${CASES.map((one) => one.name).join(", ")}`);
  }
  return found;
}
