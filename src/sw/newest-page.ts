/**
 * Which page a visit gets: the server's, as long as it answers in time, because only its headers are of today (the
 * policy names the addresses that the page may reach); the kept one when the server is away. Invariant: a visit is
 * answered no later than the limit and the time that the kept page takes.
 */

/** Longest wait for the server's page before the kept one is shown, ms; two round trips of a slow mobile path. */
export const PAGE_LIMIT_MS = 2500;

/** Where a page may come from. */
export interface PageSources {
  /** The server's answer; rejects when there is none. */
  readonly ask: () => Promise<Response>;
  /** The page that was kept for this. */
  readonly kept: () => Promise<Response>;
  /** Rejects or resolves when the server has had its time. */
  readonly limit: () => Promise<unknown>;
}

/**
 * The page to show. Any answer of the server below 500 counts, redirects and refusals too; without one the kept page
 * does. Rejects only when there is no kept page either.
 */
export async function newestPage({ ask, kept, limit }: PageSources): Promise<Response> {
  const asked = ask().then(
    (response) => (response.status < 500 ? response : undefined),
    () => undefined, // away
  );
  const late = limit().then(
    () => undefined,
    () => undefined,
  );
  const answer = await Promise.race([asked, late]);
  if (answer !== undefined) return answer;
  // Nobody reads what comes too late.
  asked.then((response) => response?.body?.cancel()).catch(() => {});
  return kept();
}
