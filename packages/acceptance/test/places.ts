/** Where a server can listen, and how its clients get there. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConnectOptions, ListenOptions, Server } from "@sansocket/node";
import { certificate } from "@sansocket/workshop/certificate";
import { afterAll } from "vitest";

export interface Place {
  readonly listen: ListenOptions;
  readonly client: Pick<ConnectOptions, "tls" | "path">;
  url(server: Pick<Server, "url">): string;
}

export const LOOPBACK: ListenOptions = { hostname: "127.0.0.1" };

/** Made when the first path is asked for. */
let folder: string | null = null;
let sockets = 0;

afterAll(() => {
  if (folder !== null) rmSync(folder, { recursive: true, force: true });
  folder = null;
});

export function unixPath(): string {
  folder ??= mkdtempSync(join(tmpdir(), "sansocket-"));
  sockets += 1;
  return join(folder, `${sockets}.sock`);
}

async function plain(): Promise<Place> {
  return { listen: LOOPBACK, client: {}, url: (server) => `${server.url}/` };
}

async function tls(): Promise<Place> {
  const { cert, key } = await certificate();
  return {
    listen: { ...LOOPBACK, tls: { cert, key } },
    client: { tls: { ca: cert } },
    url: (server) => `${server.url}/`,
  };
}

async function unix(): Promise<Place> {
  const path = unixPath();
  return { listen: { path }, client: { path }, url: () => "ws://localhost/" };
}

export const PLACES: readonly (readonly [name: string, at: () => Promise<Place>])[] = [
  ["TCP", plain],
  ["TLS", tls],
  ["a unix socket", unix],
];

/** The port that a server was given. */
export function portOf({ address }: Pick<Server, "address">): number {
  if (address === null || "path" in address) throw new Error("bug: the server has no port");
  return address.port;
}
