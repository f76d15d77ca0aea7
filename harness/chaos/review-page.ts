/**
 * Owns: a recording as a page to look at: the review and the archive in one HTML file, which opens from disk in any
 * browser with no server and no network. What it shows is `<clara-review>`; here is only the page around it.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The page. @param script `<clara-review>` as one classic script @param archive as it was exported, gzip */
export function reviewPageOf(title: string, script: string, archive: Uint8Array): string {
  const base64 = Buffer.from(archive).toString('base64');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${escapeText(title)}</title>
<style>body { margin: 0 auto; padding: 24px 16px; max-inline-size: 1080px; font-family: system-ui, sans-serif; background: light-dark(#f4f8f7, #0b1012) }</style>
<h1>${escapeText(title)}</h1>
<clara-review></clara-review>
<p id="problem" role="alert"></p>
<script>${script.replaceAll('</script', '<\\/script')}</script>
<script>
const bytes = Uint8Array.from(atob('${base64}'), (letter) => letter.charCodeAt(0));
document.querySelector('clara-review').load(new Blob([bytes])).catch((error) => {
  document.getElementById('problem').textContent = 'The recording cannot be shown: ' + error.message;
});
</script>
</html>
`;
}

/**
 * Writes the page of a saved recording beside it, under the same name with `.html`. Rejects when either file cannot be
 * read or written.
 */
export async function saveReviewPage(recordFile: string, title: string): Promise<void> {
  const script = fileURLToPath(new URL('../review-page/review.js', import.meta.url));
  const page = reviewPageOf(title, await readFile(script, 'utf8'), await readFile(recordFile));
  await writeFile(reviewPageName(recordFile), page);
}

/** `a.clararec` -> `a.html`. */
export function reviewPageName(recordFile: string): string {
  return recordFile.replace(/(\.clararec)?$/, '.html');
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
