/** A page and a health check on the port of the WebSocket, without an HTTP server. */
import { type PlainResponse, serve } from "@sansocket/node";

const PAGE = `<!doctype html><title>Echo</title><script type="module">
  const socket = new WebSocket(location.href.replace(/^http/, "ws"));
  socket.onopen = () => socket.send("hello");
  socket.onmessage = ({ data }) => { document.body.textContent = data; };
</script>`;

export async function servePage(port: number) {
  const server = await serve({
    port,
    // Answer HEAD as GET: the engine counts the body and does not send it. The engine writes Content-Length and Connection.
    request({ method, url }): PlainResponse {
      if (method !== "GET" && method !== "HEAD") {
        return { status: 405, headers: { Allow: "GET, HEAD" } };
      }
      if (url.pathname === "/health") return json({ connections: server.connections });
      if (url.pathname !== "/") return { status: 404 };
      return { headers: { "Content-Type": "text/html; charset=utf-8" }, body: PAGE };
    },
    message(socket, message) {
      socket.write(message);
    },
  });
  return server;
}

function json(value: unknown): PlainResponse {
  return { headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) };
}
