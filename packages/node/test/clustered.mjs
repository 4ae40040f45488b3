// A primary and its worker, which serves: how many listening servers the primary hears of.
import cluster from "node:cluster";
import { serve } from "@sansocket/node";

if (cluster.isPrimary) {
  let listening = 0;
  cluster.on("listening", () => (listening += 1));
  const worker = cluster.fork();
  worker.on("message", (message) => {
    console.log(JSON.stringify({ listening, message }));
    worker.kill();
  });
} else {
  const server = await serve({ hostname: "127.0.0.1", message() {} });
  process.send(server.url === "" ? "no url" : "serving");
}
