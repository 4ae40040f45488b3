/** The smallest program there is: a client and a server, joined without a network. */
import { clientEndpoint, type Endpoint, Step, serverEndpoint } from "@sansocket/core";

const host = { random: (into: Uint8Array<ArrayBuffer>) => void crypto.getRandomValues(into) };
const now = 0; // nothing here takes time

/** One turn of `from`, whose output `to` receives. */
function turn(from: Endpoint, to: Endpoint, onStep: (step: Step) => void): void {
  for (;;) {
    for (let step = from.next(); step !== Step.Idle; step = from.next()) onStep(step);
    const transmission = from.transmit(now);
    if (transmission === null) return;
    for (const chunk of transmission.chunks) to.receive(chunk.slice(), now);
    if (transmission.then !== "continue") to.endOfStream(now);
    from.sent(now);
  }
}

/** @returns what the client was told. */
export function converse(): string[] {
  const client = clientEndpoint({ host, url: "ws://localhost/" }, now);
  const server = serverEndpoint({ host }, now);
  const told: string[] = [];
  while (client.state !== "ended" || server.state !== "ended") {
    turn(client, server, (step) => {
      if (step === Step.Open) client.sendText("hello");
      if (step === Step.Text) {
        told.push(client.text);
        client.close(1000, "that was all", now);
      }
      if (step === Step.Closing) told.push(`closed with ${client.peerClose?.code}`);
    });
    turn(server, client, (step) => {
      if (step === Step.Request) server.accept({}, now);
      if (step === Step.Text) server.sendText(`${server.text}, engine`);
    });
  }
  return told;
}
