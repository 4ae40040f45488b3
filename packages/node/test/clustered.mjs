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
  const refused = await serve({ path: "/no/folder", pathMode: 0o600, message() {} }).catch(
    (error) => error.name,
  );
  const server = await serve({ hostname: "127.0.0.1", message() {} });
  process.send({ is: server.url === "" ? "no url" : "serving", refused });
}
