// Serves on descriptor 3, which whoever started this has bound, as systemd does it.
import { serve } from "@sansocket/node";

const server = await serve({
  fd: 3,
  message: (socket, message) => void socket.write(`${message} from 3`),
});
console.log(JSON.stringify(server.address));
