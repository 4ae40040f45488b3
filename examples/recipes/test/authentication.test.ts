import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { expect, test, vi } from "vitest";
import { type FindUser, serveUsers } from "../src/authentication.ts";
import { Visitor } from "./conversation.ts";

const findUser: FindUser = async (secret) => (secret === "s3=cret" ? { name: "ada" } : null);

test.each([
  ["a bearer token", { Authorization: "Bearer s3=cret" }],
  ["a bearer token, the scheme in another case", { Authorization: "bearer s3=cret" }],
  ["a cookie", { Cookie: "session=s3=cret" }],
  ["a cookie among others", { Cookie: "a=b; session=s3=cret;c=d" }],
])("%s that is known opens a connection that knows its user", async (_what, headers) => {
  await using server = await serveUsers(0, findUser);
  const visitor = await Visitor.open(server.url, { headers });
  visitor.say("hello");
  expect(await visitor.hear()).toBe("ada said 5 characters or bytes");
});

test.each([
  ["nothing", {}],
  ["another token", { Authorization: "Bearer secret" }],
  ["another scheme", { Authorization: "Basic s3=cret" }],
  ["a cookie of another name", { Cookie: "xsession=s3=cret" }],
])("%s is answered with 401", async (_what, headers) => {
  await using server = await serveUsers(0, findUser);
  await expect(Visitor.open(server.url, { headers })).rejects.toThrow("401");
});

test("a page of another site does not get in with the user's cookie", async () => {
  await using server = await serveUsers(0, findUser);
  const headers = { Cookie: "session=s3=cret", Origin: "https://evil.example" };
  await expect(Visitor.open(server.url, { headers })).rejects.toThrow("403");
});

test("the refusal names the credentials that the server wants", async () => {
  await using server = await serveUsers(0, findUser);
  const headers = {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
  };
  const request = get(server.url.replace("ws", "http"), { headers });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  expect(response.headers["www-authenticate"]).toBe("Bearer");
  expect(Buffer.concat(await response.toArray()).toString()).toBe("Log in first.\n");
});

test("a client that leaves during the search for its user ends the search, and `error` is not told", async () => {
  const printed = vi.spyOn(console, "error").mockImplementation(() => {});
  let asked = (): void => {};
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  let ended = (): void => {};
  const hasEnded = new Promise<void>((resolve) => {
    ended = resolve;
  });
  await using server = await serveUsers(0, (_secret, signal) => {
    asked();
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        ended();
        reject(signal.reason);
      });
    });
  });
  const visitor = Visitor.open(server.url, { headers: { Cookie: "session=x" } }, (socket) => {
    void isAsked.then(() => socket.terminate());
  });
  await expect(visitor).rejects.toThrow("closed before the connection was established");
  await hasEnded;
  await server.shutdown();
  expect(printed).not.toHaveBeenCalled();
  printed.mockRestore();
});
