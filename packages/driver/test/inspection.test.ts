/** What `console.log` shows. */
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { connected, Stage } from "./stage.ts";
import { opened } from "./web/web-stage.ts";

const MOST_LINES = 30;

test("a socket, a request, a server and the class are shown in a few lines of facts", async () => {
  const stage = new Stage({});
  await stage.opened();
  const { socket } = await connected();
  const shown = {
    Server: stage.server,
    Socket: stage.server.sockets[0]!,
    AcceptedRequest: stage.server.sockets[0]!.request,
    WebSocket: await opened(),
  };
  for (const [name, value] of [...Object.entries(shown), ["Socket", socket]] as const) {
    const text = inspect(value);
    expect(text).toContain(name);
    expect(text).not.toContain("binding");
    expect(text.split("\n").length, text).toBeLessThan(MOST_LINES);
  }
  expect(inspect(socket)).toContain("state: 'open'");
});

test("Deno is given text", async () => {
  const { socket } = await connected();
  const show = Reflect.get(socket, Symbol.for("Deno.customInspect")) as (
    inspect: (value: unknown) => string,
  ) => string;
  expect(show.call(socket, (value) => JSON.stringify(value))).toContain('"state":"open"');
});

test("the prototypes, of which there are no facts, can be shown as well", async () => {
  const { socket } = await connected();
  expect(inspect(Object.getPrototypeOf(socket))).toBeTypeOf("string");
});
