/** Samples of the functions in which this process spends its time. Node's inspector takes them, so they are Node's only. */
import { Session } from "node:inspector/promises";

/** A function, and the share of all samples in which it was the innermost one. */
export interface Share {
  /** The function, and the file that it stands in; in parentheses for what is no function: "(garbage collector)". */
  readonly place: string;
  /** 0 to 1. */
  readonly share: number;
}

/** µs between two samples. */
const INTERVAL = 200;

const session = new Session();

export async function startSampling(): Promise<void> {
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: INTERVAL });
  await session.post("Profiler.start");
}

/** @returns the shares of the time in which the process was not idle, largest first. */
export async function stopSampling(): Promise<Share[]> {
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  const { nodes, samples = [], timeDeltas = [] } = profile;
  const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
  const times = new Map<string, number>();
  let all = 0;
  for (const [index, id] of samples.entries()) {
    const place = places.get(id)!;
    if (place === "(idle)") continue;
    const time = timeDeltas[index] ?? 0;
    times.set(place, (times.get(place) ?? 0) + time);
    all += time;
  }
  return [...times]
    .map(([place, time]) => ({ place, share: time / all }))
    .sort((one, other) => other.share - one.share);
}

/** @param callFrame its `url` ends with a path such as "core/dist/connection.js" */
function placeOf({ functionName, url }: { functionName: string; url: string }): string {
  if (url === "") return functionName;
  const file = url.replace(/^.*\/packages\//, "").replace(/^.*\/node_modules\//, "");
  return `${functionName === "" ? "(anonymous)" : functionName}, ${file}`;
}
