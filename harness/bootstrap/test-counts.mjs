/** Reads how many tests of a group passed and failed, from what its runner wrote for machines. */

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * The totals at the end of node:test's TAP. Cancelled tests have failed. Undefined when there are none: the runner was cut off.
 * @param {string} tap
 * @returns {Counts | undefined}
 */
export function countsOfTap(tap) {
  const total = (/** @type {string} */ name) => {
    const found = [...tap.matchAll(new RegExp(`^# ${name} (\\d+)$`, 'gm'))].at(-1)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const [passed, failed, cancelled] = [total('pass'), total('fail'), total('cancelled')];
  if (passed === undefined || failed === undefined || cancelled === undefined) return undefined;
  return { passed, failed: failed + cancelled, skipped: (total('skipped') ?? 0) + (total('todo') ?? 0) };
}

/**
 * @param {string} json
 * @returns {Counts | undefined}
 */
export function countsOfJson(json) {
  if (json === '') return undefined;
  const { passed, failed, skipped } = JSON.parse(json);
  return [passed, failed, skipped].every(Number.isInteger) ? { passed, failed, skipped } : undefined;
}

/**
 * What a group adds to the sum. A runner that ended badly without a failed test, was cut off, ran nothing or skipped
 * something is one failure: green means that everything ran.
 * @param {Counts | undefined} counts
 * @param {{ code: number | null }} exit
 * @returns {Counts & { why?: string }}
 */
export function judgeGroup(counts, exit) {
  if (counts === undefined)
    return { passed: 0, failed: 1, skipped: 0, why: 'its runner did not get to the end' };
  if (counts.failed > 0) return counts;
  if (counts.passed === 0) return { ...counts, failed: 1, why: 'no test ran' };
  if (counts.skipped > 0) return { ...counts, failed: 1, why: `${counts.skipped} tests were skipped` };
  if (exit.code !== 0)
    return { ...counts, failed: 1, why: `its runner ended with ${exit.code ?? 'a signal'}` };
  return counts;
}
