import 'axe-core';
import type * as Axe from 'axe-core';

/** The WCAG 2.2 A and AA rules and axe's best practices. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe finds in `node`, each as `rule: selector`; also what it could not decide about contrast. */
export async function axeFindings(node: Element): Promise<string[]> {
  const { axe } = window as unknown as { axe: typeof Axe };
  const result = await axe.run(node, {
    runOnly: TAGS,
    // Rules about whole pages, which a single element in a test page cannot keep.
    rules: {
      region: { enabled: false },
      'page-has-heading-one': { enabled: false },
      'landmark-one-main': { enabled: false },
    },
  });
  return result.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} ${failureSummary}`),
  );
}
