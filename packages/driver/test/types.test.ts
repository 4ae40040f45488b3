/**
 * What the types allow and forbid. The compiler is the judge (`typecheck`): each line behind an `@ts-expect-error` must be
 * an error, or the comment is one. The tests say that what is allowed also works.
 */
import { expect, test } from "vitest";
import { Server, type ServerOptions, type Socket, webRuntime } from "../src/index.ts";

interface User {
  readonly name: string;
}

const serverOf = <Data = undefined>(options: ServerOptions<Data>): Server<Data> =>
  new Server<Data>(options, { runtime: webRuntime() });

test("a server has hooks or a connection function", () => {
  serverOf({ message: (socket, message) => void socket.write(message) });
  serverOf({ connection: async (socket) => void (await socket.closed) });
  serverOf({ connection: async () => {}, error: () => {}, trace: () => {} });
  expect(() =>
    // @ts-expect-error they exclude each other
    serverOf({ connection: async () => {}, message: () => {} }),
  ).toThrow(/exclude/);
  expect(() =>
    // @ts-expect-error so do the others
    serverOf({ connection: async () => {}, open: () => {} }),
  ).toThrow(/exclude/);
});

test("whoever wants data of a type has to give it", () => {
  serverOf<User>({
    upgrade: (request) => request.accept({ data: { name: "ada" } }),
    open: (socket) => void socket.data.name.toUpperCase(),
  });
  serverOf<User | undefined>({ open: (socket) => void socket.data?.name });
  // @ts-expect-error nobody gives the data
  serverOf<User>({ open: () => {} });
  serverOf<User>({
    // @ts-expect-error accept without data
    upgrade: (request) => request.accept(),
  });
  serverOf<User>({
    // @ts-expect-error data of another type
    upgrade: (request) => request.accept({ data: { age: 5 } }),
  });
  // @ts-expect-error an upgrade hook says what it decided
  serverOf({ upgrade: () => {} });
  expect.assertions(0);
});

test("a misspelt option is found by the compiler too", () => {
  expect(() =>
    // @ts-expect-error the option is protocols
    serverOf({ protocol: ["chat"] }),
  ).toThrow(/protocol is not known/);
});

test("nothing of the public types needs a Buffer", () => {
  const plain = (socket: Socket): void => {
    const bytes: Uint8Array = new Uint8Array(3);
    socket.write(bytes);
    socket.write(bytes.buffer as ArrayBuffer);
    socket.write(new DataView(new ArrayBuffer(2)));
    // @ts-expect-error a number is no message
    socket.write(5);
  };
  expect(plain).toBeTypeOf("function");
});
