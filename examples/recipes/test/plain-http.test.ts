import { expect, test } from "vitest";
import { servePage } from "../src/plain-http.ts";
import { Visitor } from "./conversation.ts";

test.each([
  { method: "GET", path: "/", status: 200, type: "text/html; charset=utf-8", body: "<!doctype" },
  { method: "HEAD", path: "/", status: 200, type: "text/html; charset=utf-8", body: "" },
  { method: "GET", path: "/?a=b", status: 200, type: "text/html; charset=utf-8", body: "<!doc" },
  {
    method: "GET",
    path: "/health",
    status: 200,
    type: "application/json",
    body: '{"connections":2}',
  },
  { method: "GET", path: "/none", status: 404, type: null, body: "" },
  { method: "POST", path: "/", status: 405, type: null, body: "" },
])("$method $path is answered with $status", async ({ method, path, status, type, body }) => {
  await using server = await servePage(0);
  const visitor = await Visitor.open(server.url); // is counted by /health
  const response = await fetch(server.url.replace("ws", "http") + path, { method });
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toBe(type);
  expect((await response.text()).startsWith(body)).toBe(true);
  visitor.socket.terminate();
});

test("the WebSocket is on the same port", async () => {
  await using server = await servePage(0);
  const visitor = await Visitor.open(server.url);
  visitor.say("hello");
  expect(await visitor.hear()).toBe("hello");
});
