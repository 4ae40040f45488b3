/** The rooms without a network: who is told what. */
import { createAllowance } from "../src/allowance.ts";
import { type Chat, createChat, type Delivery, handle, leave, type Member } from "../src/chat.ts";
import { flush } from "../src/presence.ts";
import type { ClientMessage, ServerMessage, Since } from "../src/protocol.ts";

/** A chat whose members remember what they were sent. */
export class Scene {
  readonly chat: Chat<Guest>;
  now = 1_000;
  /** Of messages in all, to everybody. */
  bytesSent = 0;

  constructor(run = "run") {
    this.chat = createChat(run, this.now);
  }

  guest(
    name: string,
    room: string | null = "lobby",
    since: Since | null = null,
    tab: string | null = null,
  ): Guest {
    const allowance = createAllowance(this.now);
    const guest: Guest = { name: "", skeleton: "", hue: 0, tab, room: null, allowance, sent: [] };
    if (room !== null) this.tell(guest, { type: "join", room, name, since, tab });
    return guest;
  }

  join(guest: Guest, room: string, name: string): void {
    this.tell(guest, { type: "join", room, name, since: null, tab: guest.tab });
  }

  /** The moment in which news is gathered is over. */
  flush(): void {
    this.take(flush(this.chat));
  }

  /** A second later than the last, so that nobody says too much. */
  tell(guest: Guest, message: ClientMessage): void {
    this.now += 1_000;
    this.take(handle(this.chat, guest, message, this.now));
  }

  say(guest: Guest, text: string, key = text): void {
    this.tell(guest, { type: "say", key, text });
  }

  leave(guest: Guest): void {
    leave(this.chat, guest, this.now);
  }

  private take(deliveries: readonly Delivery<Guest>[]): void {
    for (const { to, message } of deliveries) {
      this.bytesSent += to.length * new TextEncoder().encode(JSON.stringify(message)).length;
      for (const { sent } of to) sent.push(message);
    }
  }
}

export interface Guest extends Member {
  readonly sent: ServerMessage[];
}

export function received<T extends ServerMessage["type"]>(
  { sent }: Guest,
  type: T,
): Extract<ServerMessage, { type: T }>[] {
  return sent.filter(
    (message): message is Extract<ServerMessage, { type: T }> => message.type === type,
  );
}

export const last = <T>(items: readonly T[]): T => items.at(-1)!;
