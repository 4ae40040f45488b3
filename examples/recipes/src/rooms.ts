/** Rooms: every client of /room/NAME gets the messages of that room. */
import { prepare, type Socket, serve } from "@sansocket/node";

type Room = Set<Socket<Member>>;

interface Member {
  readonly roomName: string;
}

export function serveRooms(port: number) {
  const rooms = new Map<string, Room>();

  return serve<Member>({
    port,
    limits: { unsent: 1_048_576 }, // bytes; a client that lags further behind is closed with 1008
    upgrade(request) {
      const [, path, roomName, rest] = request.url.pathname.split("/");
      if (path !== "room" || !roomName || rest !== undefined) return request.reject(404);
      return request.accept({ data: { roomName } });
    },
    open(socket) {
      const { roomName } = socket.data;
      const room: Room = rooms.get(roomName) ?? new Set();
      rooms.set(roomName, room.add(socket));
    },
    message(socket, message) {
      const prepared = prepare(message);
      for (const member of rooms.get(socket.data.roomName) ?? []) {
        if (member !== socket) member.write(prepared);
      }
    },
    // `close` is called once, however a connection ends. So no room keeps a socket that is gone.
    close(socket) {
      const { roomName } = socket.data;
      const room = rooms.get(roomName);
      room?.delete(socket);
      if (room?.size === 0) rooms.delete(roomName);
    },
  });
}
