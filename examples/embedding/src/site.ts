/**
 * The site of the example: a page, an echo on /echo, and on /frames the frames of an echo connection, as the engine saw
 * them. A page opens /frames first and is told a number; it then opens /echo?trace=NUMBER.
 */
import { readFileSync } from "node:fs";
import {
  type Endpoint,
  type HeaderList,
  type ServerSettings,
  Step,
  serverSettings,
  type WatchedFrame,
  watchFrames,
} from "@sansocket/core";
import type { Connection } from "./binding.ts";

export interface Site {
  readonly settings: ServerSettings;
  /** An event of a connection; called for every step but Idle. */
  step(connection: Connection, step: Step, now: number): void;
}

/** Bytes of each payload that the page is shown. */
const PAYLOAD_PREFIX = 64;

interface PageFile {
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}

function pageFile(name: string, type: string): PageFile {
  return {
    headers: [
      ["Content-Type", `${type}; charset=utf-8`],
      ["Content-Security-Policy", "default-src 'self'; base-uri 'none'; frame-ancestors 'none'"],
      ["X-Content-Type-Options", "nosniff"],
      ["Cache-Control", "no-cache"],
    ],
    body: readFileSync(new URL(`../page/${name}`, import.meta.url)),
  };
}

export function createSite(): Site {
  const files = new Map([
    ["/", pageFile("index.html", "text/html")],
    ["/page.css", pageFile("page.css", "text/css")],
    ["/page.js", pageFile("page.js", "text/javascript")],
    ["/icon.svg", pageFile("icon.svg", "image/svg+xml")],
  ]);
  /** Connections of /frames, by the number they were told. */
  const watchers = new Map<string, Connection>();
  /** Connections of /echo, and whose number they gave. */
  const traces = new Map<Endpoint, string>();
  let lastNumber = 0;

  function decide(connection: Connection, now: number): void {
    const { endpoint } = connection;
    const request = endpoint.request!;
    const [path = "/", query = ""] = request.target.split("?", 2);
    if (request.kind === "plain") {
      const file = files.get(path);
      if (request.method !== "GET" && request.method !== "HEAD") {
        endpoint.respond(405, { headers: [["Allow", "GET, HEAD"]], body: "GET or HEAD\n" }, now);
      } else if (file === undefined) endpoint.respond(404, { body: "not here\n" }, now);
      else endpoint.respond(200, file, now);
    } else if (path === "/echo") {
      const trace = /^trace=(\d+)$/.exec(query)?.[1];
      if (trace !== undefined) traces.set(endpoint, trace);
      endpoint.accept({}, now);
    } else if (path === "/frames") {
      endpoint.accept({}, now);
      lastNumber += 1;
      watchers.set(String(lastNumber), connection);
      endpoint.sendText(JSON.stringify({ trace: lastNumber }));
    } else endpoint.reject(404, { body: "the WebSockets are /echo and /frames\n" }, now);
  }

  function publish(endpoint: Endpoint, frame: WatchedFrame): void {
    const watcher = watchers.get(traces.get(endpoint) ?? "");
    if (watcher === undefined) return;
    watcher.endpoint.sendText(JSON.stringify({ ...frame, payload: hex(frame.payload) }));
    // Its turn comes when ours is over: what several frames have to say leaves in one write.
    queueMicrotask(watcher.turn);
  }

  function forget(connection: Connection): void {
    traces.delete(connection.endpoint);
    for (const [number, watcher] of watchers) if (watcher === connection) watchers.delete(number);
  }

  return {
    settings: serverSettings({
      host: { random: (into) => void crypto.getRandomValues(into) },
      frames: watchFrames(PAYLOAD_PREFIX),
    }),
    step(connection, step, now) {
      const { endpoint } = connection;
      if (step === Step.Request) decide(connection, now);
      else if (step === Step.Text) endpoint.sendText(endpoint.text);
      else if (step === Step.Binary) {
        endpoint.sendBinary(endpoint.chunk, endpoint.start, endpoint.end);
      } else if (step === Step.Frame) publish(endpoint, endpoint.frame!);
      else if (step === Step.Ended) forget(connection);
    },
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
