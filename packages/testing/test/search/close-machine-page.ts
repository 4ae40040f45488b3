/** The picture of the close machine in docs/laws.md, between two markers. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { drawCloseMachine, type Transition } from "../../src/index.ts";

const PAGE = fileURLToPath(new URL("../../../../docs/laws.md", import.meta.url));
const BEGIN = "<!-- close machine: written by pnpm search -->\n";
const END = "<!-- end of close machine -->";

/** What the page should show. */
export function pictureOf(transitions: readonly Transition[]): string {
  return (["server", "client"] as const)
    .map((role) => {
      const diagram = drawCloseMachine(role, transitions);
      return `The ${role}:\n\n\`\`\`mermaid\n${diagram}\n\`\`\`\n`;
    })
    .join("\n");
}

/** What the page shows. */
export function pictureOnPage(): string {
  const page = readFileSync(PAGE, "utf8");
  return page.slice(placeOn(page).from, placeOn(page).to);
}

export function writePicture(picture: string): void {
  const page = readFileSync(PAGE, "utf8");
  const { from, to } = placeOn(page);
  writeFileSync(PAGE, page.slice(0, from) + picture + page.slice(to));
}

function placeOn(page: string): { readonly from: number; readonly to: number } {
  const [begin, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin === -1 || to === -1) throw new Error(`docs/laws.md has lost "${BEGIN.trim()}"`);
  return { from: begin + BEGIN.length, to };
}
