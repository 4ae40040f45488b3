/** What the conversations of programs/conversation.ts come to, wherever they are held. */

export const ECHOED = {
  text: "héllo €😀",
  binary: [0, 1, 255],
  mebibytes: ["same", "same"],
  closed: "4000, clean",
} as const;

/** A server feels it when nobody takes what it writes: 4 MiB at once are more than 1 MiB. */
export const FLOODED = ["ok", "pressure"] as const;

export const CONVERSED = {
  ...ECHOED,
  flood: FLOODED,
  server: ["4000, clean"],
  connections: 0,
} as const;

export const CONVERSED_BY_CLASS = [
  "close 4001 as you wish true",
  "message hello",
  "server 4001, clean",
] as const;
