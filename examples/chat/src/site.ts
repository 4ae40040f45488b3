/** The page's files over plain HTTP: what a GET or HEAD of a path is answered with. */

export interface SiteFile {
  /** The Content-Type. */
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** The facts that a request has to tell; the library's PlainRequest tells them. */
export interface SiteRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Headers;
}

export interface SiteResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array;
}

export type Site = (request: SiteRequest) => SiteResponse;

/** Nothing but what this server serves, nobody frames it, and no string becomes HTML or a script. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const SAFETY = {
  "Content-Security-Policy": PAGE_POLICY,
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
} as const;

/** @param files by their path, `/` for the page itself. */
export async function createSite(files: ReadonlyMap<string, SiteFile>): Promise<Site> {
  const entries = await Promise.all(
    Array.from(files, async ([path, file]) => {
      const etag = await entityTag(file.bytes);
      // no-cache: kept, but asked for each time. Who changes a file sees it at once.
      const headers = { ...SAFETY, "Cache-Control": "no-cache", ETag: etag };
      return [path, { file, etag, headers }] as const;
    }),
  );
  const pages = new Map(entries);

  return ({ method, target, headers: asked }) => {
    const page = pages.get(target.split("?", 1)[0]!);
    if (page === undefined) return plain(404, "There is nothing here.\n");
    if (method !== "GET" && method !== "HEAD") {
      return plain(405, "GET or HEAD.\n", { Allow: "GET, HEAD" });
    }
    const { file, etag, headers } = page;
    if (isKnown(asked.get("if-none-match"), etag)) return { status: 304, headers };
    // HEAD gets the body too: the engine counts it, and does not send it.
    return { status: 200, headers: { ...headers, "Content-Type": file.type }, body: file.bytes };
  };
}

function plain(status: number, body: string, headers: Record<string, string> = {}): SiteResponse {
  const type = { "Content-Type": "text/plain; charset=utf-8" };
  return { status, headers: { ...SAFETY, ...type, ...headers }, body };
}

/** RFC 9110 §13.1.2: compared weakly, as a proxy may have made the tag weak. */
function isKnown(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  return ifNoneMatch.split(",").some((candidate) => {
    const tag = candidate.trim();
    return tag === "*" || tag === etag || tag === `W/${etag}`;
  });
}

async function entityTag(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", Uint8Array.from(bytes));
  return `"${hexOf(new Uint8Array(digest, 0, 12))}"`;
}

function hexOf(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
}
