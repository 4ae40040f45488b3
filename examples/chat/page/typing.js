// Who is writing, as far as one has heard of it lately.

/** ms */
const LASTS = 4_500;

/** By name: the timer that ends it. */
const typists = new Map();

export function startTyping(who) {
  clearTimeout(typists.get(who));
  typists.set(
    who,
    setTimeout(() => stopTyping(who), LASTS),
  );
  showTyping();
}

export function stopTyping(who) {
  clearTimeout(typists.get(who));
  if (typists.delete(who)) showTyping();
}

export function forgetTyping() {
  for (const who of [...typists.keys()]) stopTyping(who);
}

function showTyping() {
  const names = [...typists.keys()].map(isolated);
  const [first, second] = names;
  document
    .getElementById("typing")
    .replaceChildren(
      ...(names.length === 0
        ? []
        : names.length === 1
          ? [first, " is writing…"]
          : names.length === 2
            ? [first, " and ", second, " are writing…"]
            : ["Several people are writing…"]),
    );
}

/** Whichever way a name runs, the words around it keep their order. */
function isolated(text) {
  const node = document.createElement("bdi");
  node.textContent = text;
  return node;
}
