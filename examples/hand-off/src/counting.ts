/**
 * A conversation that notices everything: both sides number their messages, and each side checks the numbers of the other. One
 * message that is lost, doubled or overtaken ends the conversation with 4000.
 */
import type { Message, Socket } from "@sansocket/node";

/** How far the server's side has come. The state is JSON, because it moves with the connection. */
export interface Count {
  /** The number of the last message that the client sent. */
  received: number;
  /** The number of the last message that the server sent. */
  sent: number;
  /** How often the connection has moved. */
  moves: number;
}

export const START: Count = { received: 0, sent: 0, moves: 0 };

/** The server's side: answers the client's number with a number of its own. */
export function count(socket: Socket<Count>, message: Message): void {
  const number = Number(message);
  const { data } = socket;
  if (number !== data.received + 1) {
    void socket.close(4000, `${number} came after ${data.received}`);
    return;
  }
  data.received = number;
  data.sent += 1;
  socket.write(`${data.sent} answers ${number} after ${data.moves} moves`);
}

/** The counts that the client has seen. */
export interface Seen {
  answers: number;
  moves: number;
}

/**
 * The client's side: sends the next number when the last one is answered, `inFlight` numbers ahead. Resolves when `isEnough`
 * says so. Rejects with the first thing that is wrong.
 */
export async function converse(
  socket: Socket,
  inFlight: number,
  isEnough: (seen: Seen) => boolean,
): Promise<Seen> {
  const seen: Seen = { answers: 0, moves: 0 };
  let sent = 0;
  for (; sent < inFlight; sent += 1) socket.write(String(sent + 1));
  for await (const message of socket) {
    const [, own, answered, moves] =
      /^(\d+) answers (\d+) after (\d+) moves$/.exec(String(message)) ?? [];
    seen.answers += 1;
    if (Number(own) !== seen.answers || Number(answered) !== seen.answers) {
      throw new Error(`${String(message)} came where ${seen.answers} was due`);
    }
    seen.moves = Number(moves);
    if (isEnough(seen)) {
      const { wasClean, code, reason } = await socket.close(1000);
      if (!wasClean) throw new Error(`the connection ended with ${code} ${reason}`);
      return seen;
    }
    sent += 1;
    socket.write(String(sent));
  }
  const { code, reason } = await socket.closed;
  throw new Error(`the connection ended with ${code} ${reason} after ${seen.answers} answers`);
}
