import { connect } from "@sansocket/node";

const socket = await connect("ws://localhost:8080/");
socket.write("hello");
for await (const message of socket) {
  console.log(message);
  if (message === "hello") break; // leaving the loop loses nothing and closes nothing
}
const { code, wasClean } = await socket.close();
console.log(code, wasClean); // 1000 true
