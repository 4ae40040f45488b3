/** pnpm handoff: a front, two workers, a front and a back server of two machines, and clients that count. */
import { connect } from "@sansocket/node";
import { converse } from "./counting.ts";
import { startFront } from "./front.ts";
import { startBack, startRelayFront } from "./relay.ts";

const front = await startFront(2);
const back = await startBack();
const relay = await startRelayFront(back.port);
console.log(`the front listens at ${front.url}: /0 and /1 go to its two workers, by descriptor`);
console.log(`the other front listens at ${relay.url}: all of it goes to the back server, by relay`);

const ANSWERS = 1_000;
const clients = [`${front.url}/0`, `${front.url}/1`, `${relay.url}/`].map(async (url) => {
  const socket = await connect(url);
  const { answers, moves } = await converse(socket, 10, (seen) => seen.answers === ANSWERS);
  console.log(
    `${url} answered ${answers} numbers in order, after ${moves} move${moves === 1 ? "" : "s"}`,
  );
});
await Promise.all(clients);
await Promise.all([front.stop(), relay.stop(), back.stop()]);
console.log("nothing was lost, doubled or overtaken");
