// node programs/echo-server.mjs <package of an adapter> <options of serve as JSON>
//
// The server that is attacked, the same on every runtime. Prints "listening on <port>"; GET /stats on the same port tells
// how it is. It ends with its parent. Two options are its own: `behaviour`, what the message hook does, default a
// plain echo; and `deflateOptions`.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createInflateRaw, InflateRaw } from "node:zlib";

const [specifier, json = "{}"] = process.argv.slice(2);
const { deflate, serve } = await import(specifier);
const { behaviour = "echo", deflateOptions, ...options } = JSON.parse(json);
if (deflateOptions !== undefined) options.perMessageDeflate = deflate(deflateOptions);

/** Bytes that have come out of zlib, counted where @sansocket/zlib gets them. */
let inflated = 0;

function countInflated() {
  let owner = createInflateRaw();
  while (!Object.hasOwn(owner, "_processChunk")) owner = Object.getPrototypeOf(owner);
  const { _processChunk: processChunk } = owner;
  owner._processChunk = function counted(...given) {
    const output = processChunk.apply(this, given);
    if (this instanceof InflateRaw) inflated += output.length;
    return output;
  };
}
countInflated();

let release;
const released = new Promise((resolve) => {
  release = resolve;
});

const behaviours = {
  echo(socket, data) {
    socket.write(data);
  },

  /** "512 65536": sends so many messages of so many bytes, as fast as the peer takes them; each is filled with its number. */
  async send(socket, data) {
    const [count, length] = data.split(" ").map(Number);
    for (let number = 0; number < count; number += 1) {
      const result = socket.write(new Uint8Array(length).fill(number));
      if (result === "closed") return;
      if (result === "pressure") await socket.ready();
    }
  },

  /** An echo that is busy from "hold" until somebody sends "release". */
  async hold(socket, data) {
    if (data === "hold") await released;
    if (data === "release") release();
    socket.write(data);
  },

  close(socket) {
    void socket.close(1000, "bye");
  },

  leave(socket, data) {
    void leave(socket, ...data.split(" ").map(Number)); // not awaited: shutdown waits for running hooks
  },
};

/** Sends so many messages, twenty in a turn, shuts down when a quarter was sent, and says what became of all. */
async function leave(socket, count, length) {
  const results = { sent: 0, closed: 0, sentBefore: 0 };
  let shutdown = null;
  async function send(number) {
    const result = await socket.send(new Uint8Array(length).fill(number));
    results[result] += 1;
    if (shutdown !== null || results.sent < count / 4) return;
    results.sentBefore = results.sent;
    shutdown = server.shutdown({ code: 1012, grace: 60_000 });
  }
  const sends = [];
  for (let number = 0; number < count; number += 1) {
    sends.push(send(number));
    if (number % 20 === 19) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(sends);
  await shutdown;
  console.log(JSON.stringify(results));
}

/** How often `error` was called, by code. */
const errors = {};

const server = await serve({
  hostname: "127.0.0.1",
  ...options,
  message: behaviours[behaviour],
  error(_, { code }) {
    errors[code] = (errors[code] ?? 0) + 1;
  },
  request({ target }) {
    return target === "/stats" ? { body: JSON.stringify(stats()) } : { status: 404 };
  },
});

function collectGarbage() {
  if (typeof Bun !== "undefined") Bun.gc(true);
  else globalThis.gc?.();
}

// A collector may leave some 100 MB that nobody refers to, and more on a busy machine. The peak of the resident memory says
// something about the server only when the collector runs often.
setInterval(collectGarbage, 50);

function stats() {
  collectGarbage();
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    rss,
    peakRss: peakRss() ?? rss,
    heapUsed,
    // Bun counts what is outside of the heap in both.
    live: typeof Bun === "undefined" ? heapUsed + external : heapUsed,
    // The one that asks is not counted.
    connections: server.connections - 1,
    descriptors: descriptors(),
    cpuMicroseconds: user + system,
    inflated,
    errors,
  };
}

/** Bytes; null where there is no /proc. `resourceUsage().maxRSS` begins with what the parent had. */
function peakRss() {
  try {
    const [, kibibytes] = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "latin1"));
    return Number(kibibytes) * 1024;
  } catch {
    return null;
  }
}

/** Descriptors of TCP: runtimes open pairs of unix sockets for themselves when they please. Null where there is no /proc. */
function descriptors() {
  try {
    const unix = readFileSync("/proc/self/net/unix", "latin1");
    const inodes = new Set(unix.split("\n").map((line) => line.trim().split(/\s+/)[6]));
    return readdirSync("/proc/self/fd").filter((name) => {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(targetOf(name)) ?? [];
      return inode !== undefined && !inodes.has(inode);
    }).length;
  } catch {
    return null;
  }
}

function targetOf(descriptor) {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return ""; // closed since
  }
}

process.stdin.on("end", () => process.exit());
process.stdin.resume();
console.log(`listening on ${server.address.port}`);
