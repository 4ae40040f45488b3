// A process that keeps every socket that its parent sends, and says so.
const kept = [];
process.on("message", (_, socket) => {
  kept.push(socket);
  process.send(kept.length);
});
