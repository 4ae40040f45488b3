/**
 * A page of the documentation holds places for figures, between two comments:
 *
 *     <!-- figures: targets -->
 *     (the table)
 *     <!-- end of figures -->
 */

const PLACE = /(<!-- figures: ([a-z0-9-]+) -->\n)[\s\S]*?(<!-- end of figures -->)/g;

/** The page with all its places filled anew. */
export function filled(page: string, blockNamed: (name: string) => string): string {
  return page.replaceAll(
    PLACE,
    (_, begin: string, name: string, end: string) => `${begin}\n${blockNamed(name)}\n\n${end}`,
  );
}

export function placesIn(page: string): string[] {
  return [...page.matchAll(PLACE)].map(([, , name]) => name!);
}
