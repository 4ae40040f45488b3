/** {@link RawConnection} on `Bun.listen`. A write that the kernel does not take whole goes on at `drain`. */
import { type BunTcpSocket, bun } from "../../bun-globals.ts";
import { RESPONSE_HEAD } from "../wire.ts";
import { RawConnection, rawCaseOf } from "./raw.ts";
import type { Listen } from "./subject.ts";

interface State {
  readonly connection: RawConnection;
  unwritten: number;
  writeAt: number;
}

export const listen: Listen = async (echoCase) => {
  const { frameBytes, replies, replyBytes, isBroadcast } = rawCaseOf(echoCase);
  const bursts = Buffer.concat([replies, replies]);
  const sockets = new Set<BunTcpSocket<State>>();
  const write = (socket: BunTcpSocket<State>): void => {
    const { data } = socket;
    while (data.unwritten > 0) {
      const written = socket.write(bursts, data.writeAt, data.unwritten);
      if (written < 0) return;
      const isAll = written === data.unwritten;
      data.unwritten -= written;
      data.writeAt = (data.writeAt + written) % replies.length;
      if (!isAll) return;
    }
  };
  const send = (socket: BunTcpSocket<State>, due: number): void => {
    socket.data.unwritten += due * replyBytes;
    write(socket);
  };
  const { port } = bun().listen<State>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        socket.setNoDelay(true);
        socket.data = { connection: new RawConnection(), unwritten: 0, writeAt: 0 };
        sockets.add(socket);
      },
      data(socket, chunk) {
        const due = socket.data.connection.received(chunk, frameBytes);
        if (due < 0) socket.write(RESPONSE_HEAD);
        else if (due === 0) return;
        else if (isBroadcast) for (const each of sockets) send(each, 1);
        else send(socket, due);
      },
      drain: write,
      close(socket) {
        sockets.delete(socket);
      },
      error() {},
    },
  });
  return port;
};
