/** A connection to a server that speaks HTTP by hand. */
import type { Server } from "../../src/index.ts";
import { join, ScriptedTransport, settle } from "../stage.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

export class RawClient {
  transport!: ScriptedTransport;

  constructor(stage: { readonly server: Pick<Server, "accept"> }) {
    stage.server.accept((handler) => {
      this.transport = new ScriptedTransport(handler);
      return this.transport;
    });
  }

  says(text: string): void {
    this.transport.arrives(bytes(text));
  }

  get heard(): string {
    return String.fromCharCode(...join(this.transport.written));
  }

  get status(): number {
    return Number(this.heard.slice(9, 12));
  }
}

export async function plain(
  stage: { readonly server: Pick<Server, "accept"> },
  request: string,
): Promise<RawClient> {
  const client = new RawClient(stage);
  client.says(request);
  await settle();
  return client;
}

export const GET = "GET /path?q=1 HTTP/1.1\r\nHost: site.example\r\n\r\n";

export const UPGRADE =
  "GET / HTTP/1.1\r\nHost: site.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
